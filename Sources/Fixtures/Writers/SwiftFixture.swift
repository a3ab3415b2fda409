/// A fixture as a Swift file for Swift Testing.
struct SwiftFixture {
  private let fixture: ExpectationFixture
  private let provenance: Provenance

  init(_ fixture: ExpectationFixture, _ provenance: Provenance) {
    self.fixture = fixture
    self.provenance = provenance
  }

  /// `expected_relu_net` as `ExpectedReluNet`.
  private var typeName: String {
    SourceText.identifier(fixture.network.name).split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined()
  }

  var text: String {
    let kernels = fixture.request.kernels.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    let points = fixture.points.map { "    [\(SourceText.literal($0))],\n" }.joined()
    let meaning = fixture.meaningLines.map { "/// \($0)\n" }.joined()
    let rows = fixture.rows.map { row in
      "    Entry(width: \(row.width ?? 0), kernel: \(row.kernel), i: \(row.i), j: \(row.j), "
        + "mean: \(SourceText.literal(row.mean)), standardDeviation: \(SourceText.literal(row.deviation)), "
        + "exponent: \(SourceText.literal(row.exponent)), tolerance: \(SourceText.literal(row.tolerance)), "
        + "theory: \"\(row.theory)\"),\n"
    }.joined()
    return provenance.comment("//") + """

      import Testing

      /// Expected kernels at `points`, with tolerances.
      ///
      \(meaning)///
      /// \(use)
      enum \(typeName) {
        struct Entry: Sendable {
          /// 0 for infinite width.
          var width: Int
          /// The place in `kernels`.
          var kernel: Int
          var i: Int
          var j: Int
          var mean: Double
          /// Of one network.
          var standardDeviation: Double
          /// Of the width, where the value is a coefficient of its power.
          var exponent: Double
          /// Absolute\(fixture.isLimit ? "" : ", on the average over `samples` networks").
          var tolerance: Double
          var theory: String
        }

        static let kernels = [\(kernels)]
        static let points: [[Double]] = [
      \(points)  ]
      \(numbers)  static let entries: [Entry] = [
      \(rows)  ]

        /// Whether there is a matrix for each of `kernels`, with a row and a column for each of `points`.
        static func hasShape(_ matrices: [[[Double]]]) -> Bool {
          matrices.count == kernels.count
            && matrices.allSatisfy { matrix in
              matrix.count == points.count && matrix.allSatisfy { $0.count == points.count }
            }
        }

        /// The entries that miss their tolerance, one line each.
        ///
        /// - Parameter matrices: A symmetric matrix for each of `kernels`.
        static func deviations(width: Int, _ matrices: [[[Double]]]) -> [String] {
          guard hasShape(matrices) else { return ["there must be \\(kernels.count) matrices of \\(points.count) rows and columns"] }
          return entries.filter { $0.width == width }.flatMap { entry in
            [(entry.i, entry.j), (entry.j, entry.i)].prefix(entry.i == entry.j ? 1 : 2).compactMap { i, j in
              let value = matrices[entry.kernel][i][j]
              // NaN is within no tolerance.
              if (value - entry.mean).magnitude <= entry.tolerance { return nil }
              return "\\(kernels[entry.kernel])[\\(i)][\\(j)]: \\(value), expected \\(entry.mean) within \\(entry.tolerance)"
            }
          }
        }
      }

      \(suite)
      """
  }

  private var use: String {
    fixture.isLimit
      ? "Define `func limitKernel() throws -> [[[Double]]]`: for each of `kernels` the matrix at `points`."
      : "Define `func empiricalKernel(width: Int, seed: Int) throws -> [[[Double]]]`: for each of `kernels` the matrix at "
        + "`points` of one network, drawn afresh and independently for every seed."
  }

  private var numbers: String {
    guard let finite = fixture.request.finite else { return "" }
    return """
        static let widths = [\(finite.widths.map(String.init).joined(separator: ", "))]
        static let samples = \(finite.samples)
        static let falseAlarm = \(SourceText.literal(finite.falseAlarm))

      """
  }

  private var suite: String {
    if fixture.isLimit {
      return """
        @Suite struct \(typeName)Tests {
          @Test func limit() throws {
            let deviations = \(typeName).deviations(width: 0, try limitKernel())
            #expect(deviations.isEmpty)
          }
        }

        """
    }
    return """
      @Suite struct \(typeName)Tests {
        @Test(arguments: \(typeName).widths) func average(width: Int) throws {
          let (n, samples) = (\(typeName).points.count, \(typeName).samples)
          let row = [Double](repeating: 0, count: n)
          var sum = \(typeName).kernels.map { _ in [[Double]](repeating: row, count: n) }
          for seed in 0..<samples {
            let matrices = try empiricalKernel(width: width, seed: seed)
            try #require(\(typeName).hasShape(matrices))
            for k in sum.indices {
              for i in 0..<n {
                for j in 0..<n { sum[k][i][j] += matrices[k][i][j] / Double(samples) }
              }
            }
          }
          let deviations = \(typeName).deviations(width: width, sum)
          #expect(deviations.isEmpty)
        }
      }

      """
  }
}
