/// Which of the two limiting kernels.
public enum KernelKind: String, Sendable, CaseIterable {
  /// `K(x, x′) = lim E f(x) f(x′)`.
  case nngp
  /// The neural tangent kernel `Θ(x, x′)`, the sum over the trained parameters.
  case ntk
}

/// What the caller asks of a kernel matrix.
public struct GramOptions: Sendable {
  /// The number of threads; it never changes a result.
  public var threads: Int
  /// Where series and interpolants may stop, relative to `√(K(x,x) K(x′,x′))`.
  public var tolerance: Double
  /// Told now and then how many pairs are done, and of how many; from any thread.
  public var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?

  public init(
    threads: Int = 1, tolerance: Double = 1e-14, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) {
    self.threads = threads
    self.tolerance = tolerance
    self.progress = progress
  }
}

/// Where a block of kernel values is written, row by row.
///
/// Element (i, j) of the block goes to `i · rowStride + j`. A kernel is computed if it has a pointer.
public struct KernelBlock: @unchecked Sendable {
  // The caller owns the storage and promises that concurrent blocks do not overlap.
  public var nngp: UnsafeMutablePointer<Double>?
  public var ntk: UnsafeMutablePointer<Double>?
  public var rowStride: Int

  public init(
    nngp: UnsafeMutablePointer<Double>? = nil, ntk: UnsafeMutablePointer<Double>? = nil, rowStride: Int
  ) {
    self.nngp = nngp
    self.ntk = ntk
    self.rowStride = rowStride
  }
}
