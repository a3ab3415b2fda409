import Foundation
import Networks

/// The safetensors format: eight bytes with the length of a JSON header, the header, the numbers.
///
/// Elements F64, F32, F16 and BF16, little-endian.
///
/// **Source.** The format's description in the safetensors repository of Hugging Face.
enum Safetensors {
  /// The longest header that the format allows.
  private static let maximumHeaderBytes = 100_000_000

  /// Whether the bytes look like this format: a header that begins with a brace after its length.
  static func recognizes(_ data: Data) -> Bool {
    let head = [UInt8](data.prefix(9))
    return head.count == 9 && head[8] == UInt8(ascii: "{") && headerLength(head) <= UInt64(maximumHeaderBytes)
  }

  private static func headerLength(_ bytes: [UInt8]) -> UInt64 {
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func tensors(of data: Data) throws(WeightsError) -> [StateDictionary.Tensor] {
    let bytes = [UInt8](data)
    let length = Int(headerLength(bytes))
    guard bytes.count >= 8 + length else {
      throw .unreadableTensors(problem: "the safetensors file was cut off within its header")
    }
    let root: JSONText
    do { root = try JSONText(parsing: Array(bytes[8..<(8 + length)])) } catch {
      throw .unreadableTensors(problem: "the safetensors header is no JSON: \(error.problem)")
    }
    guard case .object(let members) = root.value else {
      throw .unreadableTensors(problem: "the safetensors header is \(root.kindName), not an object")
    }
    let content = bytes[(8 + length)...]
    var tensors: [(start: Int, tensor: StateDictionary.Tensor)] = []
    for (name, description) in members where name != "__metadata__" {
      let shape = description["shape"]?.list?.map { natural($0) } ?? [nil]
      let ends = description["data_offsets"]?.list?.map { natural($0) } ?? []
      guard case .string(let type)? = description["dtype"]?.value, !shape.contains(nil), ends.count == 2,
        let start = ends[0], let end = ends[1], start <= end
      else {
        throw .unreadableTensors(
          problem: "the safetensors header says of '\(excerpt(name))' no valid dtype, shape and data_offsets")
      }
      guard let width = ["F64": 8, "F32": 4, "F16": 2, "BF16": 2][type] else {
        throw .unreadableTensors(
          problem: "'\(excerpt(name))' has elements of type \(excerpt(type)); save it as float32 or float64")
      }
      guard end <= content.count else { throw truncated("'\(excerpt(name))' is not whole") }
      var needed = width
      for extent in shape.compactMap({ $0 }) {
        let (product, overflow) = needed.multipliedReportingOverflow(by: extent)
        guard !overflow else { throw .unreadableTensors(problem: "the shape of '\(excerpt(name))' is too large") }
        needed = product
      }
      guard needed == end - start else {
        throw .unreadableTensors(
          problem: "'\(excerpt(name))' has \(end - start) bytes where its shape needs \(needed)")
      }
      let values = stride(from: content.startIndex + start, to: content.startIndex + end, by: width).map {
        number(content[$0..<($0 + width)], type)
      }
      tensors.append((start, StateDictionary.Tensor(name: name, shape: shape.compactMap { $0 }, values: values)))
    }
    return tensors.sorted { $0.start < $1.start }.map(\.tensor)
  }

  private static func truncated(_ problem: String) -> WeightsError {
    .unreadableTensors(problem: "the safetensors file was cut off: \(problem)")
  }

  private static func natural(_ item: JSONText) -> Int? {
    guard case .number(let text) = item.value, let value = Int(text), value >= 0 else { return nil }
    return value
  }

  private static func number(_ bytes: ArraySlice<UInt8>, _ type: String) -> Double {
    let pattern = bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    switch type {
    case "F64": return Double(bitPattern: pattern)
    case "F32": return Double(Float(bitPattern: UInt32(pattern)))
    case "BF16": return Double(Float(bitPattern: UInt32(pattern) << 16))
    default: return halfPrecision(UInt16(pattern))
    }
  }

  /// IEEE 754 binary16: one sign bit, five bits of exponent with the offset 15, ten bits of significand.
  static func halfPrecision(_ pattern: UInt16) -> Double {
    let sign: Double = pattern >> 15 == 0 ? 1 : -1
    let exponent = Int(pattern >> 10 & 0x1F)
    let fraction = Double(pattern & 0x3FF) * 0x1p-10
    switch exponent {
    case 0: return sign * fraction * 0x1p-14
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
