/// Doubles on the heap, aligned and padded for the vector loops, constant once filled.
final class Vector: @unchecked Sendable {
  // Written only by the code that creates it, before it is shared.
  let count: Int
  let pointer: UnsafeMutablePointer<Double>
  /// What may be read past the end: a vector that starts at the last element.
  static let padding = 8

  /// `count` elements of one value, and as many as the padding has.
  init(count: Int, repeating value: Double = 0) {
    self.count = count
    pointer = Self.allocate(count + Self.padding)
    pointer.initialize(repeating: value, count: count + Self.padding)
  }

  convenience init(_ elements: [Double]) {
    self.init(count: elements.count)
    for (index, element) in elements.enumerated() { pointer[index] = element }
  }

  deinit { pointer.deallocate() }

  subscript(index: Int) -> Double { pointer[index] }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Double>.stride, alignment: 64)
      .bindMemory(to: Double.self, capacity: count)
  }
}
