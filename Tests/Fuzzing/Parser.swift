import Activations
import FiniteWidth
import Foundation
import Moments
import Networks
import Tables

/// A parser under test: what it is fed, and what must hold of whatever it accepts.
public struct Parser: Sendable {
  public let name: String
  public let generator: @Sendable (_ seed: UInt64) -> InputGenerator
  /// Parses and looks at what came out; throws what the parser throws.
  private let parse: @Sendable ([UInt8]) throws -> Complaint?

  /// What is wrong with a parser.
  public struct Complaint: Sendable, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  init(
    _ name: String, corpus: [String], words: [String] = [],
    check: @escaping @Sendable (String) throws -> Complaint?
  ) {
    self.init(name, corpus: corpus.map { Array($0.utf8) }, words: words) { bytes in
      try check(String(decoding: bytes, as: UTF8.self))
    }
  }

  init(
    _ name: String, corpus: [[UInt8]], words: [String], check: @escaping @Sendable ([UInt8]) throws -> Complaint?
  ) {
    self.name = name
    generator = { InputGenerator(seed: $0, corpus: corpus, words: words) }
    parse = check
  }

  /// Parses, and says what is wrong with the parser; nil where the input is accepted with all its properties, or
  /// refused with a message that can be shown.
  public func check(_ bytes: [UInt8]) -> Complaint? {
    do { return try parse(bytes) } catch { return Self.complaint(about: error) }
  }

  /// Whether the input is accepted with all its properties.
  public func accepts(_ bytes: [UInt8]) -> Bool {
    do { return try parse(bytes) == nil } catch { return false }
  }

  /// A message has one or two lines of a length that a terminal can show, and says something.
  private static func complaint(about error: any Error) -> Complaint? {
    let text = "\(error)"
    if text.count < 10 { return Complaint("the message says nothing: '\(text)'") }
    if text.utf8.count > 2000 { return Complaint("the message has \(text.utf8.count) bytes") }
    if text.split(whereSeparator: \.isNewline).count > 2 { return Complaint("the message has many lines: '\(text)'") }
    return nil
  }

  /// All parsers that read what users write.
  public static let all: [Parser] =
    [
      number, law, activation, network, preset, pointList, point, trainingData, csv, json, weights, tensors, npy,
      definition,
    ] + files
}

// MARK: Words

extension Parser {
  private static let numbers = [
    "1", "-3e-2", "0.1", "1/12", "-sqrt(3)", "2*sqrt(2)/3", "1/sqrt(5)", "1e-300", "123456789/987654321", "+7",
  ]

  static let number = Parser("number", corpus: numbers) { text in
    let value = try ExactNumber(parsing: text)
    guard try ExactNumber(parsing: value.description) == value else {
      return Complaint("\(value) does not read back")
    }
    return value.doubleValue.isNaN ? Complaint("\(value) is not a number as a double") : nil
  }

  static let law = Parser(
    "law", corpus: LawRegistry.all.flatMap(\.examples), words: LawRegistry.names + numbers
  ) { text in
    for context in [LawContext.weights, .bias(fanIn: 3), .bias(fanIn: nil)] {
      let law = try LawRegistry.law(parsing: text, context: context)
      let again = try LawRegistry.law(parsing: law.description, context: context)
      guard again.description == law.description else { return Complaint("\(law) reads back as \(again)") }
      if let total = law.moment(0).estimate, total.value != 1 { return Complaint("\(law) has mass \(total.value)") }
    }
    return nil
  }

  static let activation = Parser(
    "activation", corpus: ActivationRegistry.all.flatMap(\.examples), words: ActivationRegistry.names + numbers
  ) { text in
    let activation = try ActivationRegistry.activation(parsing: text)
    let again = try ActivationRegistry.activation(parsing: activation.description)
    guard again.description == activation.description else {
      return Complaint("\(activation) reads back as \(again)")
    }
    _ = activation.value.evaluate(0.5)
    return nil
  }
}

// MARK: Files

extension Parser {
  private static let networks = [
    """
    name: quadratic-uniform
    input-dimension: 1
    parameterization: ntk            # a comment
    layers:
      - weights: uniform(-1, 1)
        bias: uniform(-1/2, 1/2)
        activation: square
      - weights: uniform(-1, 1)
        bias: none

    """,
    """
    {"input-dimension": 3, "input-scale": "1/sqrt(d)", "parameterization": "standard", "layers": [
      {"weights": "pytorch-linear()", "bias": "pytorch-linear()", "activation": "leaky-relu(1/10)"},
      {"weights": "sparse(1/4, normal(0, 1))", "bias": "none", "weight-multiplier": 2, "trainable": "bias"}]}
    """,
    """
    input-dimension: 2
    parameterization: {a: [0, 1/2], b: [0, 0], c: 0}
    input-scale: 1
    layers:
      - {weights: "normal(1/2, 1)", bias: constant(0), activation: 'elu(3/10)', bias-multiplier: 1/3}
      - {weights: rademacher(), bias: none, trainable: none}
    """,
    """
    input-dimension: 2
    parameterization: ntk
    layers:
      - {weights: normal(), bias: none, activation: relu}
      - kind: residual
        branch-multiplier: 1/2
        branch:
          - kind: layer-normalization
            epsilon: 1e-5
            gain: constant(1)
            bias: constant(0)
          - {kind: dense, weights: normal(), bias: "normal(0, 1/10)", activation: tanh, trainable: bias}
          - kind: residual
            branch:
              - {weights: normal(), bias: none}
          - {weights: "normal(0, 2)", bias: none}
      - {kind: layer-normalization, epsilon: 0}
      - {weights: normal(), bias: none}
    """,
    """
    {"input-dimension": 1, "parameterization": "mup", "layers": [
      {"weights": "normal()", "bias": "none", "activation": "erf"},
      {"kind": "layer-normalization", "trainable": "none"},
      {"kind": "residual", "branch": [{"weights": "normal()", "bias": "none"}]},
      {"weights": "normal()", "bias": "none"}]}
    """,
  ]

  private static let keys = [
    "name", "input-dimension", "parameterization", "layers", "weights", "bias", "activation", "weight-multiplier",
    "trainable", "input-scale", "ntk", "mup", "mean-field", "standard", "a:", "residual", "- ", "  ", ": ",
    "kind", "dense", "layer-normalization", "branch", "branch-multiplier", "epsilon", "gain", "branch: []",
  ]

  static let network = Parser("network", corpus: networks.map { Array($0.utf8) }, words: keys + numbers) { bytes in
    let network = try Network(yaml: Data(bytes))
    for text in [network.yaml, network.json] where try Network(yaml: text) != network {
      return Complaint("the network does not read back: \(text)")
    }
    return nil
  }

  static let preset = Parser(
    "preset",
    corpus: NetworkPreset.all.flatMap { ["preset:\($0.name)", "\($0.name)(tanh, depth=3, dimension=2)"] }
      + ["preset:neural-tangents(erf, W_std=3/2, b_std=1/2)", "he(relu, gain=sqrt(2), parameterization=ntk)"]
      + ["preset:relu-3", "leaky-relu(1/10)-5(b_std=1/10)", "preset:erf-2(parameterization=standard, dimension=4)"],
    words: ["-1", "-100000", "depth=", "dimension=", "activation=", "gain=", "1000", "9999", "W_std="]
  ) { text in
    _ = try Network(preset: text)
    return nil
  }

  static let definition = Parser(
    "table definition",
    corpus: [
      "title: t\nkind: moments\nlaws: [\"uniform(-1, 1)\"]\norder: 4\n",
      "title: t\nkind: kernels\nnetworks: [a.yaml]\npoints:\n  - [1, 0]\n  - [1/2, 1]\n",
      "title: t\nkind: arc-cosine\norders: [0, 1]\ncorrelations: [0, 1/2]\none-minus-rho: [1e-4]\n",
      "title: t\nkind: phase\nactivations: [relu]\nvariances:\n  - [1, 0]\n",
      "title: t\nkind: finite-width\nnetworks: [a.yaml]\npoints: [[1]]\nactivations: [erf, 'sin(2)']\n",
    ], words: ["activation-kernels", "depths", "kind: ", "laws", "points"]
  ) { text in
    _ = try TableDefinition(parsing: text, file: "table.yaml")
    return nil
  }
}

// MARK: Data

extension Parser {
  static let point = Parser("point", corpus: ["1", "1,-1/2", "0.25, sqrt(2) ,3"], words: numbers) { text in
    for dimension in 1...3 { _ = try? Points.point(parsing: text, dimension: dimension) }
    _ = try Points.point(parsing: text, dimension: 2)
    return nil
  }

  private static let pointFiles = [
    "1,2\n-1/2,0.1\n", "\u{FEFF}1;2\n", "\"1\",\"2\"\r\n3,4\r\n\n", "[[1, \"1/2\"], [-1, 0.25]]",
    "[[1e5, 2.5E-3],\n [\"sqrt(2)\", \"\\u0031\"]]",
  ]

  static let pointList = Parser(
    "points", corpus: pointFiles.map { Array($0.utf8) } + arrays, words: numbers
  ) { bytes in
    let points = try Points.list(Data(bytes), dimension: 2)
    return points.allSatisfy { $0.count == 2 } ? nil : Complaint("a point has not two coordinates")
  }

  static let trainingData = Parser(
    "training data",
    corpus: ["1,2,0.5\n-1,1/2,sqrt(2)\n", "[[[1, 0], 0.5], [[0, \"1/3\"], \"-1/2\"]]"].map { Array($0.utf8) } + arrays,
    words: numbers + ["[[", "]]", "[["]
  ) { bytes in
    let data = try TrainingData(Data(bytes), dimension: 2)
    return data.inputs.count == data.targets.count && data.inputs.allSatisfy { $0.count == 2 }
      ? nil : Complaint("an input has no target, or not two coordinates")
  }

  static let csv = Parser(
    "CSV", corpus: ["a,b,c\n1,\"2,3\",\n", "\"a\"\"b\",\"line\nbreak\"\r\n,,\n\n1,2\n"], words: ["\"\"", "\",\"", ",,"]
  ) { text in
    let records = try CSVReader.records(text, file: "values.csv")
    let lines = records.map(\.line)
    return lines == lines.sorted() ? nil : Complaint("the lines are not in order")
  }

  static let json = Parser(
    "JSON",
    corpus: [
      "{\"a\": [1, -2.5e3, true, false, null, \"x\\n\\u00e9\\ud83d\\ude00\"], \"b\": {}}", "[[[]], {\"\": 0}]",
    ].map { Array($0.utf8) }, words: ["\\u12", "\\x", "[[", "{\"", "e+", "-", "01"]
  ) { (bytes: [UInt8]) -> Complaint? in
    do throws(JSONText.SyntaxError) { _ = try JSONText(parsing: bytes) } catch {
      return error.problem.isEmpty || error.line < 1 ? Complaint("the message says nothing") : nil
    }
    return String(validating: bytes, as: UTF8.self) == nil ? Complaint("what is not UTF-8 is accepted") : nil
  }

  static let weights = Parser(
    "weights",
    corpus: [
      "{\"layers\":[{\"weights\":[[1.0],[2]],\"bias\":[0.5,-1e3]},{\"weights\":[[2.0,1]]}]}",
      "{\"layers\": [\n {\"weights\": [[1]], \"bias\": [0]},\n {\"weights\": [[2]], \"bias\": null}]}",
    ].map { Array($0.utf8) }, words: ["layers", "weights", "bias", "[[", "]]", "1e400"]
  ) { bytes in
    _ = try FiniteNetwork(try Network.headline, weights: Data(bytes))
    return nil
  }

  /// A file in the safetensors format.
  private static func safetensors(_ header: String, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + Array(repeating: 0, count: data)
  }

  static let tensors = Parser(
    "tensors",
    corpus: [
      safetensors(
        """
        {"0.weight": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}, "__metadata__": {"a": "b"}, \
        "2.weight": {"dtype": "F64", "shape": [1, 2], "data_offsets": [8, 24]}}
        """, data: 24),
      safetensors("{\"w.weight\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", data: 4),
      archive,
    ], words: ["F32", "BF16", "shape", "data_offsets", "[9223372036854775807, 9223372036854775807]", "-1", "PK"]
  ) { bytes in
    guard let state = try StateDictionary(Data(bytes)) else { return nil }
    return state.tensors.allSatisfy { $0.values.count == $0.shape.reduce(1, *) }
      ? nil : Complaint("a shape is not that of its data")
  }

  /// `numpy.savez(file, **{"0.weight": numpy.array([[1.0]])})`.
  private static let archive = [UInt8](
    Data(
      base64Encoded: """
        UEsDBC0AAAAAAAAAIQCL58ss//////////8MABQAMC53ZWlnaHQubnB5AQAQAIgAAAAAAAAAiAAAAAAAAACTTlVNUF\
        kBAHYAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwgMSksIH0gICAg\
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgAAAAAAAPA/UEsBAi\
        0DLQAAAAAAAAAhAIvnyyyIAAAAiAAAAAwAAAAAAAAAAAAAAIABAAAAADAud2VpZ2h0Lm5weVBLBQYAAAAAAQABADoA\
        AADGAAAAAAA=
        """) ?? Data())

  /// The bytes of an array file.
  private static func array(_ header: String, version: UInt8 = 1, data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
  }

  /// Arrays of rows of two numbers.
  static let rowArrays: [[UInt8]] = [
    array("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n", data: Array(repeating: 63, count: 32)),
    array("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 2), }", data: Array(repeating: 1, count: 24)),
  ]

  private static let arrays: [[UInt8]] = [
    array("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n", data: Array(repeating: 0, count: 16)),
    array("{'descr': '>f4', 'fortran_order': True, 'shape': (2, 2), }", data: Array(repeating: 1, count: 16)),
    array(
      "{\"descr\": \"<f4\", 'fortran_order': False, 'shape': (4,)}", version: 2, data: Array(repeating: 9, count: 16)),
    array("{'descr': '<f8', 'fortran_order': True, 'shape': (), }", version: 3, data: Array(repeating: 64, count: 8)),
    array("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1000000000000), }", data: []),
  ]

  static let npy = Parser(
    "NPY", corpus: arrays,
    words: [
      "'shape': ", "'descr': ", "(9223372036854775807, 2)", "(4294967296, 4294967296)", "(-1,)", "(0,)", "True", "<f8",
      "|O", "<i8", "\u{93}NUMPY",
    ]
  ) { bytes in
    let array = try NPYArray(Data(bytes))
    return array.values.count == array.shape.reduce(1, *) ? nil : Complaint("the shape is not that of the data")
  }
}
