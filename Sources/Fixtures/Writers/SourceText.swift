import Moments

/// Pieces that the writers of source text share.
enum SourceText {
  /// A double as a literal of Python, Swift, C and Julia, which reads back to the same double.
  static func literal(_ value: Double) -> String { value.description }

  static func literal(_ point: [ExactNumber]) -> String {
    point.map { literal($0.doubleValue) }.joined(separator: ", ")
  }

  /// A name that is an identifier in all of the languages, from the letters and digits of the network's name.
  static func identifier(_ name: String?) -> String {
    let words = (name ?? "").split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return (["expected"] + words.map(String.init)).joined(separator: "_")
  }
}

/// One row of a fixture, whether it is for the limit or for a width.
struct FixtureRow {
  var width: Int?
  /// The place of the kernel in the request.
  var kernel: Int
  var i: Int
  var j: Int
  var mean: Double
  /// 0 for the limit.
  var deviation: Double
  /// The power of N of a limit; 0 for a width.
  var exponent: Double
  var tolerance: Double
  var theory: String
}

extension ExpectationFixture {
  /// The rows in order: for the limit, or for all widths.
  var rows: [FixtureRow] {
    func kernel(_ kernel: FixtureKernel) -> Int { request.kernels.firstIndex(of: kernel) ?? 0 }
    guard request.finite != nil else {
      return limits.map {
        FixtureRow(
          width: nil, kernel: kernel($0.kernel), i: $0.i, j: $0.j, mean: $0.coefficient.value, deviation: 0,
          exponent: $0.exponent.doubleValue, tolerance: $0.tolerance, theory: "limit")
      }
    }
    return finite.map {
      FixtureRow(
        width: $0.width, kernel: kernel($0.kernel), i: $0.i, j: $0.j, mean: $0.mean.value,
        deviation: $0.standardDeviation.value, exponent: 0, tolerance: $0.tolerance, theory: $0.theory.rawValue)
    }
  }

  var isLimit: Bool { request.finite == nil }

  /// What the function under test returns, for the comments of source text.
  var shapeText: String {
    let n = points.count
    return request.kernels.count == 1 ? "\(n) x \(n)" : "2 x \(n) x \(n), the NNGP kernel first"
  }

  /// Whether some limit is a coefficient of a power of the width.
  var hasPowers: Bool { isLimit && limits.contains { !$0.exponent.isZero } }

  /// What is to be computed, line by line.
  var meaningLines: [String] {
    var lines = request.kernels.map(meaning)
    if hasPowers {
      lines.append("The values are coefficients: the kernel at width N is about coefficient * N^exponent.")
    }
    return lines
  }
}
