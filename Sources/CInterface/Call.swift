import CInfwidth
import Failures
import Foundation

/// Where a function of the interface leaves its message.
typealias MessagePointer = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Runs the body of a function of the interface: an error becomes a status and a message, by the command's own rules.
func status(_ message: MessagePointer?, _ body: () throws -> Void) -> Int32 {
  message?.pointee = nil
  do {
    try body()
    return Int32(INFWIDTH_OK)
  } catch {
    let (status, text) = Failure.statusAndMessage(of: error)
    message?.pointee = strdup(Failure.presentable(text ?? "The check did not hold."))
    return status.rawValue
  }
}

/// Hands a text out to the caller, who frees it.
func handOut(_ text: String, to pointer: MessagePointer) throws {
  guard let copy = strdup(text) else { throw Failure.output("there is no memory for the result.") }
  pointer.pointee = copy
}

/// An argument that must not be NULL.
func required<Pointer>(_ pointer: Pointer?, _ name: String) throws -> Pointer {
  guard let pointer else { throw Failure.usage("\(name) is NULL. Give what the header infwidth.h says of it.") }
  return pointer
}

/// A text that must not be NULL, in UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
  guard let text = String(validatingCString: try required(pointer, name)) else {
    throw Failure.usage("\(name) is not UTF-8. Give it in that encoding.")
  }
  return text
}

/// Elements of an array that the caller promises to be there.
///
/// - Parameters:
///   - count: Rows, as C says them: beyond `Int.max` they arrive as negative numbers.
///   - dimension: The length of a row.
func elements(
  _ pointer: UnsafePointer<Double>?, count: Int, dimension: Int, _ name: String
) throws -> UnsafeBufferPointer<Double> {
  let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
  // The bytes of an array are counted by an Int too.
  guard count >= 0, dimension >= 0, !overflows, product <= Int.max / 8 else {
    throw Failure.usage(
      "\(name): \(UInt(bitPattern: count)) rows of \(UInt(bitPattern: dimension)) numbers are more than an address space holds. "
        + "Check the sizes.")
  }
  return UnsafeBufferPointer(start: try required(pointer, name), count: product)
}
