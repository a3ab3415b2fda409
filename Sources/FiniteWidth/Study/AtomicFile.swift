import Foundation

/// Files that are there whole or not at all.
package enum AtomicFile {
  /// Writes the data beside the file, waits until the disk has it, and puts it in the file's place in one step.
  ///
  /// Killed at any moment, it leaves the file as it was or as it is to be, and perhaps a file whose name ends in
  /// `.partial-` and a number. A symbolic link keeps leading to the file that it leads to.
  package static func write(_ data: Data, to path: String) throws(StudyFileError) {
    let target = target(of: path)
    let partial = target + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
    func failure() -> StudyFileError { .unwritable(path: path, reason: String(cString: strerror(errno))) }
    let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw failure() }
    guard writeAll(data, to: file), fsync(file) == 0 else {
      let error = failure()
      close(file)
      unlink(partial)
      throw error
    }
    guard close(file) == 0, rename(partial, target) == 0 else {
      let error = failure()
      unlink(partial)
      throw error
    }
    // The name is on the disk when the folder is.
    let folder = open((target as NSString).deletingLastPathComponent, O_RDONLY)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// The file that a path leads to, through links, whether it is there or not.
  private static func target(of path: String) -> String {
    var url = URL(fileURLWithPath: path)
    for _ in 0..<40 {
      guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else { break }
      url = URL(fileURLWithPath: link, relativeTo: url.deletingLastPathComponent()).absoluteURL
    }
    return url.standardizedFileURL.path
  }

  private static func writeAll(_ data: Data, to file: Int32) -> Bool {
    data.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = Foundation.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
      }
      return true
    }
  }

  /// Looks whether ``write(_:to:)`` can work, before anything is computed.
  package static func check(_ path: String) throws(StudyFileError) {
    guard !path.isEmpty else { throw .unwritable(path: path, reason: "it has no name") }
    let manager = FileManager.default
    let target = target(of: path)
    var isFolder: ObjCBool = false
    if manager.fileExists(atPath: target, isDirectory: &isFolder) {
      if isFolder.boolValue { throw .unwritable(path: path, reason: "it is a folder") }
      let type = try? manager.attributesOfItem(atPath: target)[.type] as? FileAttributeType
      guard type == .typeRegular else { throw .unwritable(path: path, reason: "it is no regular file") }
      guard manager.isWritableFile(atPath: target) else {
        throw .unwritable(path: path, reason: "permission is denied")
      }
    }
    let folder = (target as NSString).deletingLastPathComponent
    guard manager.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw .unwritable(path: path, reason: "there is no folder '\(folder)'")
    }
    guard manager.isWritableFile(atPath: folder) else {
      throw .unwritable(path: path, reason: "permission to write in '\(folder)' is denied")
    }
  }
}
