/// A fixture as a C header (C99) of constants and one function that compares.
struct CFixture {
  private let fixture: ExpectationFixture
  private let provenance: Provenance

  init(_ fixture: ExpectationFixture, _ provenance: Provenance) {
    self.fixture = fixture
    self.provenance = provenance
  }

  private func use(_ macro: String) -> String {
    if fixture.isLimit { return "The width is 0: infinite. The tolerance is absolute." }
    return "The tolerance is absolute, on the average of \(macro)_SAMPLES independent networks."
  }

  var text: String {
    let name = SourceText.identifier(fixture.network.name)
    let macro = name.uppercased()
    let points = fixture.points.map { "    {\(SourceText.literal($0))},\n" }.joined()
    let rows = fixture.rows.map { row in
      "    {\(row.width ?? 0), \(row.kernel), \(row.i), \(row.j), \(SourceText.literal(row.mean)), "
        + "\(SourceText.literal(row.deviation)), \(SourceText.literal(row.exponent)), "
        + "\(SourceText.literal(row.tolerance)), \"\(row.theory)\"},\n"
    }.joined()
    var numbers: [String] = []
    if let finite = fixture.request.finite {
      numbers = [
        "#define \(macro)_SAMPLES \(finite.samples)",
        "#define \(macro)_FALSE_ALARM \(SourceText.literal(finite.falseAlarm))",
      ]
    }
    let kernels = fixture.request.kernels.enumerated().map { "// kernel \($0.offset): \(fixture.meaning($0.element))" }
    let powers = fixture.hasPowers ? [fixture.meaningLines.last.map { "// \($0)" } ?? ""] : []
    let head = (kernels + powers + numbers).joined(separator: "\n")
    return provenance.comment("//") + """

      #ifndef \(macro)_H
      #define \(macro)_H

      #include <math.h>
      #include <stdio.h>

      \(head)
      #define \(macro)_KERNELS \(fixture.request.kernels.count)
      #define \(macro)_POINTS \(fixture.points.count)
      #define \(macro)_DIMENSION \(fixture.network.inputDimension)

      // \(use(macro))
      struct \(name)_entry {
        long long width;
        int kernel, i, j;
        double mean, standard_deviation, exponent, tolerance;
        const char *theory;
      };

      static const double \(name)_points[\(macro)_POINTS][\(macro)_DIMENSION] = {
      \(points)};

      static const struct \(name)_entry \(name)_entries[] = {
      \(rows)};

      // The number of entries at this width that miss their tolerance; each is printed on standard error.
      // values: for each kernel the matrix at the points, row by row; if the width has no entries the result is -1.
      static inline int \(name)_deviations(long long width, const double *values) {
        int found = 0, missed = 0;
        for (size_t e = 0; e < sizeof \(name)_entries / sizeof \(name)_entries[0]; e++) {
          const struct \(name)_entry *entry = &\(name)_entries[e];
          if (entry->width != width) continue;
          found++;
          const double *matrix = values + (size_t)entry->kernel * \(macro)_POINTS * \(macro)_POINTS;
          for (int side = 0; side < (entry->i == entry->j ? 1 : 2); side++) {
            int i = side ? entry->j : entry->i, j = side ? entry->i : entry->j;
            double value = matrix[i * \(macro)_POINTS + j];
            if (fabs(value - entry->mean) <= entry->tolerance) continue;  // false for NaN
            missed++;
            fprintf(stderr, "kernel %d [%d][%d], width %lld: %.17g, expected %.17g within %.3g\\n", entry->kernel, i, j, width,
                    value, entry->mean, entry->tolerance);
          }
        }
        return found ? missed : -1;
      }

      // The points, so that no compiler calls them unused.
      static inline const double *\(name)_point(int i) { return \(name)_points[i]; }

      #endif

      """
  }
}
