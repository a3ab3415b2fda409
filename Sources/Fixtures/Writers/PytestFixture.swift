/// A fixture as a Python module for pytest, which needs neither NumPy nor anything else.
struct PytestFixture {
  private let fixture: ExpectationFixture
  private let provenance: Provenance

  init(_ fixture: ExpectationFixture, _ provenance: Provenance) {
    self.fixture = fixture
    self.provenance = provenance
  }

  var text: String {
    let kernels = fixture.request.kernels.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    let points = fixture.points.map { "    [\(SourceText.literal($0))],\n" }.joined()
    return provenance.comment("#") + docstring + """
      \(fixture.isLimit ? "" : "import math\n\nimport pytest\n\n")KERNELS = [\(kernels)]
      POINTS = [
      \(points)]

      """ + (fixture.isLimit ? limit : finite)
  }

  private var docstring: String {
    let meaning = fixture.meaningLines.map { "    \($0)\n" }.joined()
    if fixture.isLimit {
      return """
        \"\"\"Expected kernels of infinitely wide networks at POINTS, with tolerances.

        \(meaning)
        Give pytest, in this file's folder, a conftest.py with

            @pytest.fixture
            def limit_kernel():
                return my_library.kernel(...)

        which returns the matrix at POINTS, \(fixture.shapeText). Without pytest: check_limit(matrix).
        \"\"\"


        """
    }
    return """
      \"\"\"Expected kernels of networks of finite width at POINTS, with the tolerances of averages over SAMPLES networks.

      \(meaning)
      Give pytest, in this file's folder, a conftest.py with

          @pytest.fixture
          def empirical_kernel():
              def kernel(width, seed):
                  network = my_library.network(width, seed)  # drawn afresh and independently for every seed
                  return my_library.kernel(network, ...)
              return kernel

      whose function returns the matrix of one network at POINTS, \(fixture.shapeText), for seeds 0 to SAMPLES - 1.
      Without pytest: check_average(width, average), or check_networks(width, kernel).
      \"\"\"


      """
  }

  private static let matrixHelper = """
    def _value(matrix, kernel, i, j):
        if len(KERNELS) > 1:
            matrix = matrix[KERNELS.index(kernel)]
        if len(matrix) != len(POINTS) or len(matrix[i]) != len(POINTS):
            raise AssertionError(f"the kernel is not a matrix of {len(POINTS)} x {len(POINTS)}")
        return float(matrix[i][j])



    """

  private var limit: String {
    let rows = fixture.rows.map { row in
      "    (\"\(fixture.request.kernels[row.kernel].rawValue)\", \(row.i), \(row.j), \(SourceText.literal(row.mean)), "
        + "\(SourceText.literal(row.exponent)), \(SourceText.literal(row.tolerance))),\n"
    }.joined()
    return """
      # kernel, i, j, value, exponent of N, absolute tolerance
      EXPECTED = [
      \(rows)]


      \(Self.matrixHelper)def deviations(matrix):
          \"\"\"The entries that miss their tolerance, one line each; an empty list if the kernel is right.\"\"\"
          lines = []
          for kernel, i, j, value, _, tolerance in EXPECTED:
              for a, b in sorted({(i, j), (j, i)}):
                  got = _value(matrix, kernel, a, b)
                  if not abs(got - value) <= tolerance:  # NaN is no number within any tolerance
                      lines.append(f"{kernel}[{a}][{b}] is {got!r}, expected {value!r} within {tolerance:.3g}")
          return lines


      def check_limit(matrix):
          \"\"\"Raises AssertionError unless every entry of the matrix is within its tolerance.\"\"\"
          lines = deviations(matrix)
          if lines:
              raise AssertionError("\\n".join(lines))


      def test_limit(limit_kernel):
          check_limit(limit_kernel)

      """
  }

  private var finite: String {
    guard let request = fixture.request.finite else { return "" }
    let blocks = request.widths.map { width -> String in
      let rows = fixture.rows.filter { $0.width == width }.map { row in
        "        (\"\(fixture.request.kernels[row.kernel].rawValue)\", \(row.i), \(row.j), "
          + "\(SourceText.literal(row.mean)), \(SourceText.literal(row.deviation)), "
          + "\(SourceText.literal(row.tolerance)), \"\(row.theory)\"),\n"
      }
      return "    \(width): [\n\(rows.joined())    ],\n"
    }.joined()
    return """
      SAMPLES = \(request.samples)
      FALSE_ALARM = \(SourceText.literal(request.falseAlarm))
      # width: kernel, i, j, mean, standard deviation of one network, absolute tolerance on the average, theory
      EXPECTED = {
      \(blocks)}


      \(Self.matrixHelper)def deviations(width, average):
          \"\"\"The entries of an average over SAMPLES networks that miss their tolerance, one line each.\"\"\"
          lines = []
          for kernel, i, j, mean, deviation, tolerance, _ in EXPECTED[width]:
              for a, b in sorted({(i, j), (j, i)}):
                  got = _value(average, kernel, a, b)
                  if not abs(got - mean) <= tolerance:  # NaN is no number within any tolerance
                      error = deviation / math.sqrt(SAMPLES)
                      distance = f", {(got - mean) / error:+.1f} standard errors off" if error else ""
                      lines.append(
                          f"{kernel}[{a}][{b}] at width {width} is {got!r}, expected {mean!r} within {tolerance:.3g}{distance}"
                      )
          return lines


      def check_average(width, average):
          \"\"\"Raises AssertionError unless every entry of an average over SAMPLES networks is within its tolerance.\"\"\"
          lines = deviations(width, average)
          if lines:
              raise AssertionError("\\n".join(lines))


      def check_networks(width, kernel):
          \"\"\"Averages kernel(width, seed) over SAMPLES seeds, and raises AssertionError unless the average is right.\"\"\"
          n, size = len(POINTS), range(len(KERNELS))
          total = [[[0.0] * n for _ in range(n)] for _ in size]
          first, differs = None, False
          for seed in range(SAMPLES):
              matrix = kernel(width, seed)
              values = [[[_value(matrix, k, i, j) for j in range(n)] for i in range(n)] for k in KERNELS]
              first = first or values
              differs = differs or values != first
              total = [[[t + v for t, v in zip(*rows)] for rows in zip(*pair)] for pair in zip(total, values)]
          average = [[[t / SAMPLES for t in row] for row in matrix] for matrix in total]
          if not differs and any(deviation > 0 for _, _, _, _, deviation, _, _ in EXPECTED[width]):
              raise AssertionError(f"all {SAMPLES} networks of width {width} have the same kernel: is the seed used?")
          check_average(width, average if len(KERNELS) > 1 else average[0])


      @pytest.mark.parametrize("width", EXPECTED)
      def test_average(width, empirical_kernel):
          check_networks(width, empirical_kernel)

      """
  }
}
