import Archives
import Foundation
import Networks
import Tables

/// A fixture as NumPy's `.npz`: an uncompressed ZIP archive of arrays.
///
/// With n points of d coordinates, W widths and, for each kernel k of the fixture, `k` one of `ntk`, `nngp`:
///
/// | array | shape | |
/// | --- | --- | --- |
/// | `points` | (n, d) | |
/// | `k_limit`, `k_exponent`, `k_limit_tolerance` | (n, n) | the coefficient of `N^exponent` |
/// | `widths` | (W) | |
/// | `k_mean`, `k_standard_deviation`, `k_tolerance`, `k_detectable`, `k_is_exact` | (W, n, n) | |
/// | `samples`, `false_alarm` | () | |
/// | `generator`, `command`, `network`, `method`, `warnings` | () | text |
struct NPZFixture {
  private let fixture: ExpectationFixture
  private let generator: String

  init(_ fixture: ExpectationFixture, generator: String) {
    self.fixture = fixture
    self.generator = generator
  }

  func bytes() throws(FixtureError) -> [UInt8] {
    do throws(ZipArchive.WriteError) { return [UInt8](try ZipArchive.encoded(entries)) } catch {
      throw .archive(problem: "\(error)")
    }
  }

  private var entries: [ZipArchive.Entry] {
    let n = fixture.points.count
    var entries = [
      array("points", fixture.points.flatMap { $0.map(\.doubleValue) }, shape: [n, fixture.network.inputDimension])
    ]
    /// The symmetric matrices of entries that come as pairs i ≤ j, block after block.
    func matrices<Entry>(
      _ entries: [Entry], at place: (Entry) -> (Int, Int), _ value: (Entry) -> Double
    ) -> [Double] {
      let block = n * (n + 1) / 2
      var result = [Double](repeating: 0, count: entries.count / block * n * n)
      for (index, entry) in entries.enumerated() {
        let ((i, j), start) = (place(entry), index / block * n * n)
        result[start + i * n + j] = value(entry)
        result[start + j * n + i] = value(entry)
      }
      return result
    }
    for kernel in fixture.request.kernels {
      let limits = fixture.limits(kernel)
      for (name, value) in [
        ("limit", \LimitExpectation.coefficient.value), ("exponent", \.exponent.doubleValue),
        ("limit_tolerance", \.tolerance),
      ] as [(String, KeyPath<LimitExpectation, Double>)] {
        let values = matrices(limits, at: { ($0.i, $0.j) }) { $0[keyPath: value] }
        entries.append(array("\(kernel.rawValue)_\(name)", values, shape: [n, n]))
      }
    }
    if let finite = fixture.request.finite {
      entries.append(array("widths", finite.widths.map(Double.init), shape: [finite.widths.count]))
      for kernel in fixture.request.kernels {
        let own = fixture.finite.filter { $0.kernel == kernel }
        for (name, value) in [
          ("mean", { $0.mean.value }), ("standard_deviation", { $0.standardDeviation.value }),
          ("tolerance", { $0.tolerance }), ("detectable", { $0.detectable }),
          ("is_exact", { $0.theory == .exact ? 1 : 0 }),
        ] as [(String, (FiniteExpectation) -> Double)] {
          let values = matrices(own, at: { ($0.i, $0.j) }, value)
          entries.append(array("\(kernel.rawValue)_\(name)", values, shape: [finite.widths.count, n, n]))
        }
      }
      entries.append(array("samples", [Double(finite.samples)], shape: []))
      entries.append(array("false_alarm", [finite.falseAlarm], shape: []))
    }
    let provenance = fixture.provenance(generator, .npz)
    for (name, text) in [
      ("generator", provenance.generator), ("command", provenance.command), ("network", provenance.networkFile),
      ("method", provenance.method.joined(separator: "\n")), ("warnings", provenance.warnings.joined(separator: "\n")),
    ] { entries.append(self.text(name, text)) }
    return entries
  }

  private func array(_ name: String, _ values: [Double], shape: [Int]) -> ZipArchive.Entry {
    var data = Data(NPYHeader(shape: shape).encoded)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    return ZipArchive.Entry(name: "\(name).npy", data: data)
  }

  /// A text as an array without dimensions, four bytes a character.
  private func text(_ name: String, _ text: String) -> ZipArchive.Entry {
    // NumPy has no text of length 0.
    let scalars = text.isEmpty ? [" "] : Array(text.unicodeScalars)
    var data = Data(NPYHeader.encoded(descriptor: "<U\(scalars.count)", shape: []))
    for scalar in scalars { withUnsafeBytes(of: scalar.value.littleEndian) { data.append(contentsOf: $0) } }
    return ZipArchive.Entry(name: "\(name).npy", data: data)
  }
}
