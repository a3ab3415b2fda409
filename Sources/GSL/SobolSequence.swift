import CGSL

/// GSL's Sobol low-discrepancy sequence in the unit cube.
public final class SobolSequence {
  /// The largest dimension that GSL's tables cover.
  public static let maximumDimension = 40

  private let pointer: UnsafeMutablePointer<gsl_qrng>
  /// The number of coordinates.
  public let dimension: Int

  /// - Throws: ``GSLError`` if the dimension is not in 1…40 or memory is exhausted.
  public init(dimension: Int) throws(GSLError) {
    GSLRuntime.prepare()
    guard (1...Self.maximumDimension).contains(dimension),
      let pointer = cgsl_sobol_alloc(UInt32(dimension))
    else { throw GSLError(status: Int32(GSL_EINVAL), routine: "gsl_qrng_alloc") }
    self.pointer = pointer
    self.dimension = dimension
  }

  deinit { gsl_qrng_free(pointer) }

  /// The next point.
  public func next() -> [Double] {
    var point = [Double](repeating: 0, count: dimension)
    point.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { _ = gsl_qrng_get(pointer, base) }
    }
    return point
  }
}
