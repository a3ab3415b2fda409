import CFileAllocation
import Foundation

/// A regular file that is read and written at given positions, by several processes at a time.
final class PositionedFile: Sendable {
  let path: String
  private let descriptor: Int32

  /// Opens an existing file for reading and writing.
  init(opening path: String) throws(KernelFileError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
  }

  /// Creates a file that must not exist.
  private init(creating path: String) throws(KernelFileError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
  }

  deinit { close(descriptor) }

  /// Makes sure that the file exists, with this beginning and this size: whole, or not at all.
  ///
  /// The file gets its name when it is ready, by a hard link, which fails if the name exists. Of several processes that
  /// do this at once one succeeds, and none ever sees a file without its beginning. Where the file system has no hard
  /// links the name comes first, and readers wait for the size (``size(atLeast:)``).
  ///
  /// - Returns: Whether this process made it.
  static func publish(_ path: String, beginning: [UInt8], size: Int) throws(KernelFileError) -> Bool {
    if access(path, F_OK) == 0 { return false }
    let own = "\(path).\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: .min ... .max))"
    do throws(KernelFileError) {
      let file = try PositionedFile(creating: own)
      defer { unlink(own) }
      try file.write(beginning, at: 0)
      try file.extend(to: size)
      if link(own, path) == 0 { return true }
      if errno == EEXIST { return false }
      guard [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else {
        throw KernelFileError.unwritable(path: path, reason: String(cString: strerror(errno)))
      }
    } catch {
      throw error.about(path)
    }
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor < 0 {
      if errno == EEXIST { return false }
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    close(descriptor)
    let file = try PositionedFile(opening: path)
    try file.write(beginning, at: 0)
    try file.extend(to: size)
    return true
  }

  private func extend(to size: Int) throws(KernelFileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure() }
  }

  private func failure() -> KernelFileError {
    .unwritable(path: path, reason: String(cString: strerror(errno)))
  }

  private func status() throws(KernelFileError) -> stat {
    var result = stat()
    guard fstat(descriptor, &result) == 0 else { throw failure() }
    return result
  }

  /// The size, after waiting up to two seconds for the process that creates the file.
  func size(atLeast expected: Int) throws(KernelFileError) -> Int {
    for _ in 0..<40 {
      let size = Int(try status().st_size)
      if size >= expected { return size }
      usleep(50_000)
    }
    return Int(try status().st_size)
  }

  /// Reserves the blocks of the whole file and leaves their content alone, so that a full disk is noticed before
  /// anything is computed.
  ///
  /// A file system that cannot reserve is left to fail when it is written.
  func reserve() throws(KernelFileError) {
    // The free space is read first: a process that reserves at the same time must not be counted against us.
    var system = statvfs()
    let known = fstatvfs(descriptor, &system) == 0
    let status = try status()
    let missing = Int(status.st_size) - Int(status.st_blocks) * 512
    guard missing > 0 else { return }
    let (free, overflow) = Int(system.f_bavail).multipliedReportingOverflow(by: Int(system.f_frsize))
    if known, !overflow, system.f_blocks > 0, free < missing {
      throw .noSpace(path: path, needed: missing, free: free)
    }
    let code = infwidth_reserve(descriptor, status.st_size)
    if code == 0 || code == EOPNOTSUPP || code == ENOSYS || code == EINVAL || code == EINTR { return }
    throw .unwritable(path: path, reason: String(cString: strerror(code)))
  }

  /// The bytes of a range, fewer at the end of the file.
  func read(_ range: Range<Int>) throws(KernelFileError) -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      filled = 0
      while let base = buffer.baseAddress, filled < range.count {
        let count = pread(descriptor, base + filled, range.count - filled, off_t(range.lowerBound + filled))
        if count < 0 && errno == EINTR { continue }
        failed = count < 0
        if count <= 0 { return }
        filled += count
      }
    }
    if failed { throw failure() }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(KernelFileError) {
    let failed = bytes.withUnsafeBytes { !writeAll($0, at: offset) }
    if failed { throw failure() }
  }

  /// Writes rows of a matrix: row `i` of `content` at `offset + i · stride`.
  func write(rows: Int, of content: UnsafeRawBufferPointer, at offset: Int, stride: Int) throws(KernelFileError) {
    let length = content.count / max(1, rows)
    for row in 0..<rows {
      let piece = UnsafeRawBufferPointer(rebasing: content[(row * length)..<((row + 1) * length)])
      guard writeAll(piece, at: offset + row * stride) else { throw failure() }
    }
  }

  /// Whether all was written; `errno` says why not.
  private func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      if count == 0 { errno = ENOSPC }
      if count <= 0 { return false }
      done += count
    }
    return true
  }

  /// Waits until what was written has reached the disk.
  func synchronize() throws(KernelFileError) {
    // What cannot be synchronized (some network file systems) has been written all the same.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EINTR else { throw failure() }
  }
}

extension KernelFileError {
  /// The same failure of the file that the user named.
  func about(_ path: String) -> KernelFileError {
    switch self {
    case .unwritable(_, let reason): .unwritable(path: path, reason: reason)
    case .noSpace(_, let needed, let free): .noSpace(path: path, needed: needed, free: free)
    default: self
    }
  }
}
