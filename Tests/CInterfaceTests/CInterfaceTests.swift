import CInfwidth
import CInterface
import Foundation
import Testing

/// The functions of infwidth.h, called as C calls them.
///
/// Tests/C does the same from C, against the library.
@Suite struct CInterfaceTests {
  /// Status and message of a call.
  private func outcome(
    _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> (status: Int32, message: String?) {
    var message: UnsafeMutablePointer<CChar>?
    let status = call(&message)
    defer { infwidth_free(message) }
    return (status, message.map { String(cString: $0) })
  }

  private func opened(_ name: String, dimension: Int = 2) throws -> OpaquePointer {
    var network: OpaquePointer?
    let result = outcome { infwidth_network_open(name, dimension, &network, $0) }
    try #require(result.status == 0 && result.message == nil)
    return try #require(network)
  }

  @Test func kernelsOfTwoPoints() throws {
    let network = try opened("preset:relu-1")
    defer { infwidth_network_close(network) }
    var (nngp, ntk) = ([infwidth_number](repeating: .init(), count: 3), [infwidth_number](repeating: .init(), count: 3))
    #expect(outcome { infwidth_table(network, [1, 0, 0, 1], 2, 2, 0, 1, &nngp, &ntk, $0) }.status == 0)
    // g² = 2 twice, s² = 1/2: K(x, x) = 1, and K(x, y) = 1/π at a right angle, where the first layer's part vanishes.
    #expect((nngp[0].value - 1).magnitude <= 1e-15 && (ntk[0].value - 2).magnitude <= 1e-15)
    #expect((nngp[1].value - 1 / Double.pi).magnitude <= nngp[1].error && nngp[1].error < 1e-14)
    #expect(nngp[1].value == ntk[1].value && nngp[1].method == Int32(INFWIDTH_CLOSED_FORM))
    #expect(String(cString: infwidth_method_name(nngp[1].method)) == "closed-form")
  }

  /// One message of each status, word for word; the command has the same words.
  @Test func errors() throws {
    let network = try opened("preset:relu-1")
    defer { infwidth_network_close(network) }
    var numbers = [infwidth_number](repeating: .init(), count: 3)
    var other: OpaquePointer?
    #expect(
      outcome { infwidth_network_open("preset:relu-1(depth=2)", 1, &other, $0) } == (
        64,
        "preset 'relu-1(depth=2)': 'depth' is not an option of relu-1. Its options are dimension, parameterization, W_std, b_std."
      ))
    #expect(
      outcome { infwidth_network_open(nil, 1, &other, $0) }
        == (64, "name is NULL. Give what the header infwidth.h says of it."))
    #expect(
      outcome { infwidth_table(network, [1, .nan], 1, 2, 0, 1, &numbers, nil, $0) }
        == (65, "points: point 1, coordinate 2 is nan. Coordinates must be finite numbers."))
    #expect(
      outcome { infwidth_table(network, [1, 2, 3], 1, 3, 0, 1, &numbers, nil, $0) }
        == (65, "points: point 1 has 3 coordinates, but the network's input-dimension is 2."))
    var kernel = 0.0
    let stopped = outcome {
      infwidth_gram(network, [1, 2], 1, nil, 0, 2, 1, nil, &kernel, nil, { _, _, _ in 1 }, nil, $0)
    }
    #expect(stopped == (70, "the computation was stopped after 0 of 1 entries."))
    let unwritable = outcome { infwidth_gram_file(network, "/dev/null", nil, "ntk", "", 1, $0) }
    #expect(unwritable == (74, "output: the file has no name."))
    #expect(other == nil)
  }

  /// Control characters of bad names do not reach a terminal.
  @Test func messagesArePresentable() {
    var number = infwidth_number()
    let result = outcome { infwidth_dual("re\u{1B}[31mlu", 1, 1, 0, &number, nil, $0) }
    #expect(result.status == 64 && result.message?.contains("\u{1B}") == false)
    #expect((result.message ?? "").split(separator: "\n").count <= 2)
  }

  /// Sizes that wrap around, or are more than there can be.
  @Test func everySizeIsChecked() throws {
    let network = try opened("preset:relu-1")
    defer { infwidth_network_close(network) }
    var value = 0.0
    for (rows, columns, dimension) in [(-1, 0, 2), (.max, 0, 2), (1, 0, -2), (1, 0, .max), (1 << 40, 0, 1 << 40)] {
      let result = outcome {
        infwidth_gram(network, [1, 2], rows, nil, columns, dimension, 1, &value, nil, nil, nil, nil, $0)
      }
      #expect(result.status == 64 || result.status == 65, "\(rows) \(columns) \(dimension)")
    }
    #expect(value == 0)
  }
}
