import Foundation

/// The kinds of picture that can be written, by the ending of the file's name.
public enum PlotFormat: String, Sendable, CaseIterable {
  case svg, png, pdf

  /// - Throws: ``PlotError/unknownFormat(path:)``.
  public init(path: String) throws(PlotError) {
    guard let format = PlotFormat(rawValue: (path as NSString).pathExtension.lowercased()) else {
      throw .unknownFormat(path: path)
    }
    self = format
  }

  /// - Parameters:
  ///   - width: In points.
  func terminal(width: Int, height: Int) -> String {
    switch self {
    case .svg: return "set terminal svg size \(width),\(height) font 'DejaVu Sans,11' enhanced background '#ffffff'"
    case .png:
      // Two pixels a point, for lectures.
      return "set terminal pngcairo size \(2 * width),\(2 * height) font 'DejaVu Sans,11' enhanced fontscale 2 "
        + "linewidth 2 pointscale 2 background '#ffffff'"
    case .pdf:
      return "set terminal pdfcairo size \(Double(width) / 72)in,\(Double(height) / 72)in font 'DejaVu Sans,11' "
        + "enhanced fontscale 0.85 background '#ffffff'"
    }
  }
}

/// Draws figures with the program gnuplot.
public enum Gnuplot {
  /// Draws `figure` into the file `path`, an SVG, PNG or PDF.
  ///
  /// The file appears whole or not at all. Where gnuplot is missing, the script, which holds the data, is written next
  /// to where the picture would be, and the error says so.
  ///
  /// - Throws: ``PlotError``.
  public static func draw(_ figure: Figure, to path: String) throws(PlotError) {
    let format = try PlotFormat(path: path)
    let script = GnuplotScript(figure: figure, format: format)
    guard let program = find("gnuplot") else {
      let scriptPath = (path as NSString).deletingPathExtension + ".gp"
      try write(script.text(writingTo: path), to: scriptPath)
      throw .noGnuplot(script: scriptPath)
    }
    let partial = path + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
    defer { try? FileManager.default.removeItem(atPath: partial) }
    // Whether the picture can be written there is known before gnuplot says it in its own words.
    try write("", to: partial)
    let message = try run(program, script: script.text(writingTo: partial))
    let size = (try? FileManager.default.attributesOfItem(atPath: partial)[.size] as? Int) ?? 0
    guard size > 0 else { throw .failed(message: message) }
    guard rename(partial, path) == 0 else {
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// The script that draws the figure, for those who want to change it.
  public static func script(_ figure: Figure, writingTo path: String) throws(PlotError) -> String {
    GnuplotScript(figure: figure, format: try PlotFormat(path: path)).text(writingTo: path)
  }

  private static func find(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private static func write(_ text: String, to path: String) throws(PlotError) {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
      let folder = (path as NSString).deletingLastPathComponent
      let isThere = FileManager.default.fileExists(atPath: folder.isEmpty ? "." : folder)
      throw .unwritable(path: path, reason: isThere ? "permission is denied" : "there is no folder '\(folder)'")
    }
  }

  /// Runs gnuplot on a script and returns what it says on standard error.
  private static func run(_ program: String, script: String) throws(PlotError) -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-"]
    let (input, errors) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    do {
      try process.run()
      // A gnuplot that ends early closes its input; that is no reason to end with it.
      signal(SIGPIPE, SIG_IGN)
      try input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
      try input.fileHandleForWriting.close()
    } catch {
      throw .failed(message: "\(error.localizedDescription)")
    }
    let message = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: message, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }
}

/// Why there is no picture.
public enum PlotError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknownFormat(path: String)
  case noGnuplot(script: String)
  case unwritable(path: String, reason: String)
  case failed(message: String)

  public var description: String {
    switch self {
    case .unknownFormat(let path):
      return "'\(path)' is no picture that can be drawn. Name a file that ends in .svg, .png or .pdf."
    case .noGnuplot(let script):
      return "gnuplot, which draws the pictures, was not found. Its script with the data is in '\(script)': install "
        + "gnuplot (Debian: apt-get install gnuplot-nox) and run: gnuplot '\(script)'"
    case .unwritable(let path, let reason): return "'\(path)' cannot be written: \(reason)."
    case .failed(let message): return "gnuplot could not draw the picture: \(message)"
    }
  }
}
