import Activations
import Moments

/// The short name of a network, ACTIVATION-DEPTH, as in `relu-3`, `leaky-relu(1/10)-5` or `erf-2(b_std=1/10)`.
///
/// It means the ``NetworkPreset`` `neural-tangents` with this activation, DEPTH hidden layers, no biases, and `W_std` the
/// activation's gain: every weight is standard normal behind the fixed multiplier g/√fan-in,
///
///     f(x) = (g/√N) w · φ( … φ( (g/√d) W¹ x ) … ) ,   NTK parameterization.
///
/// In the parentheses `W_std`, `b_std`, `dimension` and `parameterization` may be given otherwise.
struct ShortName {
  /// ACTIVATION-DEPTH.
  let name: String
  /// The options of the preset that the name decides or suggests.
  let options: [String: String]
  /// The options in parentheses.
  let arguments: [Substring]

  /// - Parameter text: With or without options; without `preset:`.
  /// - Returns: nil for a text of another form; whether there is such an activation is seen later.
  init?(_ text: String) {
    var (head, tail) = (Substring(text.trimmingSpaces), Substring())
    if head.hasSuffix(")"), let open = Self.lastOpening(of: head) {
      tail = head[open...].dropFirst().dropLast()
      head = head[..<open]
    }
    let digits = String(head.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
    let activation = head.dropLast(digits.count)
    guard !digits.isEmpty, activation.count > 1, activation.last == "-",
      let arguments = NetworkPreset.splitAtCommas(tail)
    else { return nil }
    let written = String(activation.dropLast())
    // An activation that does not exist is an error of the layers, found where the network is read.
    let gain = (try? ActivationRegistry.activation(parsing: written))?.gain ?? .one
    name = String(head)
    options = ["activation": written, "depth": digits, "W_std": gain.description]
    self.arguments = arguments
  }

  /// Whether the name itself says the value of an option.
  func fixes(_ option: String) -> Bool { option == "activation" || option == "depth" }

  /// Where the last parentheses open.
  private static func lastOpening(of text: Substring) -> Substring.Index? {
    var depth = 0
    for index in text.indices.reversed() {
      if text[index] == ")" { depth += 1 }
      if text[index] == "(" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}
