import Networks

/// What is wrong with a kernel matrix in a file.
public enum KernelFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text of a shard is not `i/m`.
  case shard(String)
  /// The environment does not tell which shard this process is.
  case launcher(String)
  /// The memory does not suffice for the smallest tile.
  case memory(given: Int, needed: Int)
  /// A file cannot be created, read or written.
  case unwritable(path: String, reason: String)
  /// The file system is too small.
  case noSpace(path: String, needed: Int, free: Int)
  /// There is an unfinished matrix, and nobody said that it is to be resumed.
  case unfinished(path: String)
  /// The journal beside the output belongs to another matrix.
  case foreign(path: String, differences: [String])
  /// The journal, or the matrix beside it, is damaged.
  case damaged(path: String, problem: String)
  /// A shard found the matrix finished.
  case finished(path: String)
  /// A kernel value does not exist or is not finite.
  case notFinite(kernel: String, row: Int, column: Int, reason: String)

  public var description: String {
    switch self {
    case .shard(let text):
      return "'\(excerpt(text))' is no shard. Write i/m, the i-th of m processes, i from 0 to m - 1 or from 1 to m, "
        + "or auto under a launcher."
    case .launcher(let problem): return "auto: \(problem). Write --shard i/m."
    case .memory(let given, let needed):
      return "a memory of \(ByteCount(given)) is too little for the smallest tile and its inputs. Give at least "
        + "\(ByteCount(needed))."
    case .unwritable(let path, let reason):
      return "'\(path)' cannot be written: \(reason). Name a file elsewhere, where there is room and you may write."
    case .noSpace(let path, let needed, let free):
      return "'\(path)' cannot be written: it needs \(ByteCount(needed)), and \(ByteCount(free)) are free there. Make "
        + "room, name a file elsewhere, or take --dtype f4."
    case .unfinished(let path):
      return "'\(path)' is there already, begun and not finished. Add --resume to go on with it, or remove it together "
        + "with its journal."
    case .foreign(let path, let differences):
      return "'\(path)' belongs to another matrix: \(differences.joined(separator: "; ")). Name another --output, or "
        + "remove it together with its journal."
    case .damaged(let path, let problem):
      return "'\(path)' is damaged: \(problem). Remove it, and its partner beside it, to begin anew."
    case .finished(let path):
      return "'\(path)' is there already, and shards do not replace a finished matrix. Remove it, or name another "
        + "--output."
    case .notFinite(let kernel, let row, let column, let reason):
      return "The \(kernel) of rows \(row + 1) and \(column + 1) has no finite value: \(reason)."
    }
  }
}

/// A number of bytes, for people: `2 GiB`.
public struct ByteCount: Sendable, Equatable, CustomStringConvertible {
  public let bytes: Int

  public init(_ bytes: Int) { self.bytes = bytes }

  private static let units: [(name: String, power: Int)] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]

  /// Reads `500MB`, `2GiB`, `1.5 GiB` or a plain number of bytes; `K`, `M`, `G`, `T` alone are powers of 1024.
  ///
  /// - Returns: nil for anything else, and for numbers of bytes that are not positive.
  public init?(parsing text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    guard let number = Double(digits) else { return nil }
    let decimal = ["kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12]
    let binary = ["k": 10, "m": 20, "g": 30, "t": 40]
    let factor: Double
    if unit.isEmpty || unit == "b" {
      factor = 1
    } else if let power = decimal[unit] {
      factor = power
    } else if let power = binary[unit.hasSuffix("ib") ? String(unit.dropLast(2)) : unit] {
      factor = Double(1 << power)
    } else {
      return nil
    }
    guard number * factor >= 1, number * factor < 0x1p62 else { return nil }
    bytes = Int(number * factor)
  }

  public var description: String {
    guard let unit = Self.units.first(where: { bytes >= 1 << $0.power }) else {
      return bytes == 1 ? "1 byte" : "\(bytes) bytes"
    }
    // Two digits after the point at most; rounded to nearest.
    let scaled = Double(bytes) / Double(1 << unit.power)
    let hundredths = (scaled * 100).rounded() / 100
    let text = "\(hundredths)"
    return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) \(unit.name)"
  }
}
