import Foundation
import Tables

/// Where a report goes: standard output, or a file that appears whole or not at all.
struct Output {
  /// The file; nil for standard output.
  let path: String?

  /// Looks whether the output can be written before anything is computed.
  ///
  /// - Throws: ``Failure/output(_:)``.
  init(path: String?) throws {
    self.path = path
    guard let path else { return }
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    if path.isEmpty { throw Failure.output("the output file has no name. Write --output FILE.") }
    if manager.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue { throw Self.unwritable(path, "it is a folder") }
      guard manager.isWritableFile(atPath: path) else { throw Self.unwritable(path, "permission is denied") }
    } else {
      let folder = Self.folder(of: path)
      guard manager.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw Self.unwritable(path, "there is no folder '\(folder)'")
      }
      guard manager.isWritableFile(atPath: folder) else {
        throw Self.unwritable(path, "permission to write in '\(folder)' is denied")
      }
    }
  }

  /// Writes the text.
  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Writes the bytes.
  func write(_ bytes: [UInt8]) throws {
    let data = Data(bytes)
    guard let path else {
      do { try FileHandle.standardOutput.write(contentsOf: data) } catch {
        throw Failure.output("standard output cannot be written. \(Self.reason(error))")
      }
      return
    }
    do {
      // A name that leads elsewhere (a symbolic link) keeps leading there; what is no regular file is not replaced.
      let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
      let attributes = try? FileManager.default.attributesOfItem(atPath: target.path)
      if let type = attributes?[.type] as? FileAttributeType, type != .typeRegular {
        let handle = try FileHandle(forWritingTo: target)
        try handle.write(contentsOf: data)
        try handle.close()
      } else {
        try data.write(to: target, options: .atomic)
      }
    } catch {
      throw Self.unwritable(path, Self.reason(error))
    }
  }

  private static func folder(of path: String) -> String {
    let folder = (path as NSString).deletingLastPathComponent
    return folder.isEmpty ? "." : folder
  }

  private static func reason(_ error: any Error) -> String {
    if let posix = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError, posix.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(posix.code)))
    }
    return (error as NSError).localizedDescription
  }

  private static func unwritable(_ path: String, _ reason: String) -> Failure {
    .output("'\(path)' cannot be written: \(reason). Name a file in a folder where you may write.")
  }
}
