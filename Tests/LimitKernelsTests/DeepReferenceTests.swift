import LimitKernels
import Moments
import Networks
import TestSupport
import Testing

/// Families E, E2 (deep networks) and the deep rows of G, G2 (PyTorch's default).
@Suite struct DeepReferenceTests {
  static let cases: [ReferenceCase] = ["E", "E2", "G", "G2"].flatMap { (try? referenceFamily($0)) ?? [] }
    .filter { ($0.json["spec"]?["layers"]?.array ?? $0.json["network"]?["layers"]?.array ?? []).count > 2 }

  @Test func allFamiliesAreThere() {
    #expect(Self.cases.count >= 40)
  }

  @Test(arguments: cases) func matches(_ reference: ReferenceCase) throws {
    let (network, x, y) = try referenceNetwork(reference)
    let table = try limitingKernels(of: network, at: [x, y])
    try check(table.entries[1], reference, keys: ("nngp", "ntk"))
    try check(table.entries[0], reference, keys: ("nngp_xx", "ntk_xx"))
    try check(table.entries[2], reference, keys: ("nngp_xpxp", "ntk_xpxp"))
  }
}
