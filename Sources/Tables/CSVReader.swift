/// One field of a CSV text and the line it begins on.
public struct CSVRecord: Sendable, Equatable {
  /// Counted from 1.
  public let line: Int
  public let fields: [String]
}

/// Reads comma-separated values (RFC 4180), as ``CSVWriter`` writes them.
public enum CSVReader {
  /// The records in order; blank lines are skipped.
  ///
  /// - Throws: ``TableError/malformed(file:line:problem:remedy:)`` for a quotation mark that is not closed.
  public static func records(_ text: String, file: String) throws(TableError) -> [CSVRecord] {
    var records: [CSVRecord] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var quoted = false
    var closed = false
    var line = 1
    var start = 1
    func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field = []
      closed = false
    }
    func endRecord() {
      if !(fields.isEmpty && field.isEmpty && !closed) {
        endField()
        records.append(CSVRecord(line: start, fields: fields))
      }
      fields = []
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\n") { line += 1 }
      if quoted {
        if byte == UInt8(ascii: "\"") {
          quoted = false
          closed = true
        } else {
          field.append(byte)
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        // A quotation mark right after a closing one is a doubled one.
        if closed { field.append(byte) }
        quoted = true
      case UInt8(ascii: ","): endField()
      case UInt8(ascii: "\r"): break
      case UInt8(ascii: "\n"):
        endRecord()
        start = line
      default: field.append(byte)
      }
    }
    guard !quoted else {
      throw .malformed(
        file: file, line: start, problem: "a quotation mark is not closed", remedy: "Close it, or restore the file.")
    }
    endRecord()
    return records
  }
}
