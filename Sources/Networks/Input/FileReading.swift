import Foundation

/// Why a file could not be read.
package enum FileReadingError: Error {
  case unreadable(reason: String)
  case tooLarge(bytes: Int, limit: Int)

  var networkError: NetworkError {
    switch self {
    case .unreadable(let reason): .unreadable(reason: reason)
    case .tooLarge(let bytes, let limit): .tooLarge(bytes: bytes, limit: limit)
    }
  }
}

/// The bytes of a regular file (or pipe) of at most `limit` bytes.
package func readFile(_ path: String, limit: Int) throws(FileReadingError) -> Data {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw .unreadable(reason: "there is no such file")
  }
  guard !isFolder.boolValue else { throw .unreadable(reason: "it is a folder") }
  guard let handle = FileHandle(forReadingAtPath: path) else {
    throw .unreadable(reason: "permission to read it is denied")
  }
  defer { try? handle.close() }
  // One byte more than allowed tells a file that is too large without reading it whole.
  var data = Data()
  do {
    while data.count <= limit, let piece = try handle.read(upToCount: min(1 << 20, limit + 1 - data.count)),
      !piece.isEmpty
    {
      data.append(piece)
    }
  } catch {
    throw .unreadable(reason: "reading it failed")
  }
  guard data.count <= limit else {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    throw .tooLarge(bytes: max(data.count, (attributes?[.size] as? NSNumber)?.intValue ?? 0), limit: limit)
  }
  return data
}
