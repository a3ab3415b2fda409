/// A fixture as a Julia file for the standard library's `Test`.
struct JuliaFixture {
  private let fixture: ExpectationFixture
  private let provenance: Provenance

  init(_ fixture: ExpectationFixture, _ provenance: Provenance) {
    self.fixture = fixture
    self.provenance = provenance
  }

  var text: String {
    let meaning = fixture.meaningLines.map { "# \($0)\n" }.joined()
    let kernels = fixture.request.kernels.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    let points = fixture.points.map { "    [\(SourceText.literal($0))],\n" }.joined()
    // Julia counts from 1.
    let rows = fixture.rows.map { row in
      "    (\(row.width ?? 0), \(row.kernel + 1), \(row.i + 1), \(row.j + 1), \(SourceText.literal(row.mean)), "
        + "\(SourceText.literal(row.deviation)), \(SourceText.literal(row.exponent)), "
        + "\(SourceText.literal(row.tolerance)), \"\(row.theory)\"),\n"
    }.joined()
    var numbers = ""
    if let finite = fixture.request.finite {
      numbers = """
        const WIDTHS = [\(finite.widths.map(String.init).joined(separator: ", "))]
        const SAMPLES = \(finite.samples)
        const FALSE_ALARM = \(SourceText.literal(finite.falseAlarm))

        """
    }
    return provenance.comment("#") + """

      module \(SourceText.identifier(fixture.network.name))

      using Test

      \(meaning)const KERNELS = [\(kernels)]
      const POINTS = [
      \(points)]
      \(numbers)# width (0: infinite), kernel, i, j, mean, standard deviation of one network, exponent of N, tolerance, theory
      const ENTRIES = [
      \(rows)]

      \(fixture.isLimit ? Self.limitTest : Self.finiteTest)
      end

      """
  }

  private static let comparison = """
    # The entries that miss their tolerance, one line each; matrices holds one symmetric matrix for each of KERNELS.
    function deviations(width, matrices)
        lines = String[]
        for (w, k, i, j, mean, deviation, exponent, tolerance, theory) in ENTRIES
            w == width || continue
            for (a, b) in unique(((i, j), (j, i)))
                value = matrices[k][a, b]
                abs(value - mean) <= tolerance ||
                    push!(lines, string(KERNELS[k], "[", a, ", ", b, "]: ", value, ", expected ", mean, " within ", tolerance))
            end
        end
        return lines
    end


    """

  private static let limitTest =
    comparison + """
      # Tests the limits; matrices as above.
      test_limit(matrices) = @testset "limit" begin
          @test isempty(deviations(0, matrices))
      end

      """

  private static let finiteTest =
    comparison + """
      # Tests averages; kernel(width, seed) returns the matrices of one network, drawn afresh for every seed.
      test_average(kernel) = @testset "width $width" for width in WIDTHS
          total = kernel(width, 1)
          for seed in 2:SAMPLES
              total = total .+ kernel(width, seed)
          end
          @test isempty(deviations(width, total ./ SAMPLES))
      end

      """
}
