import Foundation
import Moments
import Networks
import TestSupport
import Testing

@Suite struct ReferenceNetworkTests {
  /// Every network of the reference files is read, and written and read again.
  @Test(arguments: ["E2", "G2"])
  func roundTrip(family: String) throws {
    let data = try Data(contentsOf: referenceFolder.appendingPathComponent("family_\(family).json"))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let cases = try #require(root["cases"] as? [[String: Any]])
    #expect(!cases.isEmpty)
    for entry in cases {
      let object = try #require(entry["network"])
      // With escaped slashes, as some JSON writers have them.
      let text = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
      let network = try Network(yaml: text)
      #expect(try Network(yaml: network.yaml) == network)
      #expect(try Network(yaml: network.json) == network)
    }
  }

  /// The bias of PyTorch's linear layer is uniform on ±1/√d in the first layer, and zero but trainable after it.
  @Test func pytorchLinear() throws {
    let network = try Network(
      yaml: """
        input-dimension: 4
        parameterization: ntk
        layers:
          - {weights: pytorch-linear(), bias: pytorch-linear(), activation: relu}
          - {weights: pytorch-linear(), bias: pytorch-linear()}
        """)
    #expect(network.firstLayer.bias?.moment(2).estimate?.exact == ExactNumber(1, 12))
    #expect(network.readout.bias?.moment(2).estimate?.exact == 0)
    #expect(network.trainedGroups.count == 4)
  }

  @Test(arguments: [
    ("normal(0, 1)", true), ("student-t(3/2, 1)", true), ("student-t(1, 1)", true), ("normal(1/2, 1)", false),
    ("truncated-normal(0, 1, -1, 2)", false), ("truncated-normal(0, 1, -2, 2)", true), ("constant(1)", false),
    ("constant(0)", true), ("discrete(-1:2/3, 2:1/3)", true), ("discrete(-1:1/3, 2:2/3)", false),
  ])
  func laterWeightsHaveMeanZero(law: String, isAllowed: Bool) {
    let text = """
      input-dimension: 1
      parameterization: ntk
      layers:
        - {weights: "normal(1, 1)", bias: none, activation: relu}
        - {weights: "\(law)", bias: none}
      """
    #expect(((try? Network(yaml: text)) != nil) == isAllowed)
  }
}
