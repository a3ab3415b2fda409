import Foundation

/// The files that the commands of docs/errors.md read.
enum ErrorCatalogueFiles {
  /// Commands that leave the rest of the files.
  static let preparations = [
    "converge --widths 4 --samples 4 --checkpoint study.json",
    "converge --widths 4 --samples 4 --seed 2 --checkpoint other-study.json",
    "train --width 3 --pair 1:0.5 --time 1 --checkpoint run.checkpoint",
    "converge --widths 4 --samples 4 --shard 1/2 --checkpoint part1.json",
    "converge --widths 4 --samples 4 --shard 2/2 --checkpoint part2.json",
    "gram --network ok.yaml --data rows.csv --kernel ntk --tile 16 --shard 1/2 --output part.npy",
    "gram --network ok.yaml --data rows.csv --kernel ntk --output done.npy",
  ]

  /// Writes all of them into a folder.
  static func write(to folder: URL) throws {
    let contents = [texts, damagedTexts].flatMap { $0 }.map { ($0.key, Data($0.value.utf8)) } + Array(arrays)
    for (name, content) in contents + Array(damagedArrays) {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try content.write(to: file)
    }
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("folder"), withIntermediateDirectories: true)
  }

  /// A network in which nothing is wrong.
  private static let network = """
    input-dimension: 1
    parameterization: ntk
    layers:
      - weights: uniform(-1, 1)
        bias: none
        activation: square
      - weights: normal(0, 1)
        bias: none

    """

  /// The same with something put in the place of something else.
  private static func network(_ old: String, _ new: String) -> String {
    guard let range = network.range(of: old) else { return "" }
    return network.replacingCharacters(in: range, with: new)
  }

  /// The same with a layer in the middle.
  private static func between(_ layer: String) -> String {
    network("  - weights: normal", "  - \(layer)\n  - weights: normal")
  }

  /// Twelve hidden layers.
  private static func deep(_ activation: String) -> String {
    "input-dimension: 1\nparameterization: ntk\nlayers:\n"
      + String(repeating: "  - {weights: normal(), bias: none, activation: \(activation)}\n", count: 12)
      + "  - {weights: normal(), bias: none}\n"
  }

  static let texts: [String: String] = [
    "ok.yaml": network,
    "empty.yaml": "",
    "word.yaml": "relu\n",
    "broken.yaml": "layers: [\n",
    "two.yaml": network + "---\n" + network,
    "alias.yaml": "name: &a x\n" + network,
    "tag.yaml": "name: !!str x\n" + network,
    "deep.yaml": "name: " + String(repeating: "[", count: 40) + "\n",
    "unknown-key.yaml": network("layers:", "colour: red\nlayers:"),
    "misspelt-key.yaml": network("parameterization", "parametrization"),
    "missing-key.yaml": network("parameterization: ntk\n", ""),
    "duplicate-key.yaml": network("parameterization: ntk", "parameterization: ntk\nparameterization: ntk"),
    "wrong-type.yaml": network("input-dimension: 1", "input-dimension: [1]"),
    "dimension.yaml": network("input-dimension: 1", "input-dimension: 0"),
    "fraction.yaml": network("input-dimension: 1", "input-dimension: 1/2"),
    "parameterization.yaml": network("ntk", "ntkk"),
    "exponents.yaml": network("ntk", "{a: [0], b: [0, 0], c: 0}"),
    "unstable.yaml":
      "input-dimension: 1\nparameterization: {a: [0, 0, 0], b: [0, 0, 0], c: 0}\nlayers:\n  - weights: uniform(-1, 1)\n    bias: none\n    activation: tanh\n  - weights: uniform(-1, 1)\n    bias: none\n    activation: tanh\n  - weights: normal(0, 1)\n    bias: none\n",
    "scale.yaml": network("layers:", "input-scale: 0\nlayers:"),
    "scale-word.yaml": network("layers:", "input-scale: big\nlayers:"),
    "no-layers.yaml": "input-dimension: 1\nparameterization: ntk\nlayers: []\n",
    "one-layer.yaml": "input-dimension: 1\nparameterization: ntk\nlayers:\n  - weights: normal(0, 1)\n    bias: none\n",
    "no-activation.yaml": network("    activation: square\n", ""),
    "readout-activation.yaml": network(
      "normal(0, 1)\n    bias: none", "normal(0, 1)\n    bias: none\n    activation: relu"),
    "no-weights.yaml": network("  - weights: uniform(-1, 1)\n    bias: none", "  - bias: none"),
    "no-bias.yaml": network("uniform(-1, 1)\n    bias: none\n", "uniform(-1, 1)\n"),
    "law.yaml": network("uniform(-1, 1)", "unifrom(-1, 1)"),
    "law-order.yaml": network("uniform(-1, 1)", "uniform(1, -1)"),
    "law-arguments.yaml": network("uniform(-1, 1)", "uniform(1, 2, 3)"),
    "law-number.yaml": network("uniform(-1, 1)", "uniform(0, 1/0)"),
    "activation.yaml": network("square", "sqaure"),
    "activation-arguments.yaml": network("square", "square(2)"),
    "trainable.yaml": network("bias: none", "bias: none\n    trainable: some"),
    "mean.yaml": network("normal(0, 1)", "normal(1, 1)"),
    "heavy.yaml": network("uniform(-1, 1)", "student-t(2, 1)"),
    "no-variance.yaml": network("normal(0, 1)", "student-t(3, 1)"),
    "multiplier.yaml": network("bias: none", "bias: none\n    weight-multiplier: x"),
    "rows.csv": (1...40).map { "\($0)\n" }.joined(),
    "points.csv": "1\n2\n",
    "ragged.csv": "1\n1,2\n",
    "header.csv": "x\n1\n",
    "blank.csv": "\n\n",
    "nan.csv": "1\nnan\n",
    "points.json": "[[1], [\"x\"]]",
    "object.json": "{\"x\": 1}",
    "cut.json": "[[1], [",
    "flat.json": "[1, 2]",
    "bool.json": "[[true]]",
    "table/table.yaml": "title: t\nkind: plots\n",
    "table2/table.yaml": "title: t\nkind: moments\nlaws: [\"uniform(-1, 1)\"]\norder: 1e9\n",
    "table3/table.yaml": "title: t\nkind: moments\nlaws: [\"uniform(-1, 1)\"]\nordre: 2\n",
    "table4/table.yaml": "title: t\nkind: kernels\nnetworks: [none.yaml]\npoints: [[1]]\n",
    "table5/table.yaml": "- a\n",
    "table6/table.yaml": "title: t\nkind: phase\nactivations: [rleu]\nvariances: [[1, 0]]\n",
    "table7/table.yaml": "title: t\nkind: kernels\nnetworks: [none.yaml]\npoints: 1\n",
    "table8/table.yaml": "title: [\n",
    "tanh.yaml": network("square", "tanh"),
    "tanh2.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {weights: normal(), bias: none, activation: tanh}\n  - {weights: normal(), bias: none}\n",
    "exp.yaml": deep("exp"),
    "overflow.yaml": network("square", "exp"),
    "biased.yaml": network("bias: none\n    activation", "bias: normal(0, 1)\n    activation"),
    "frozen.yaml": network.replacing("bias: none", with: "bias: none\n    trainable: none"),
    "heavy-readout.yaml": network("normal(0, 1)", "student-t(2, 1)"),
    "kind.yaml": between("{kind: resdual}"),
    "branch.yaml": between("{kind: residual}"),
    "branch-empty.yaml": between("{kind: residual, branch: []}"),
    "branch-multiplier.yaml": between(
      "{kind: residual, branch-multiplier: 0, branch: [{weights: normal(), bias: none}]}"),
    "branch-norm.yaml": between("{kind: residual, branch: [{kind: layer-normalization}]}"),
    "norm-first.yaml": network("  - weights: uniform", "  - {kind: layer-normalization}\n  - weights: uniform"),
    "norm-last.yaml": network("  - weights: normal(0, 1)\n    bias: none", "  - {kind: layer-normalization}"),
    "norm-epsilon.yaml": between("{kind: layer-normalization, epsilon: -1}"),
    "norm-key.yaml": between("{kind: layer-normalization, weights: normal()}"),
    "residual.yaml": between("{kind: residual, branch: [{weights: normal(), bias: none}]}"),
    "constant.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: rademacher(), bias: none, activation: square}\n  - {kind: layer-normalization, epsilon: 0}\n  - {weights: normal(), bias: none}\n",
    "w.json": "{\"layers\": [{\"weights\": [[1]]}, {\"weights\": [[2]]}]}",
    "w-cut.json": "{\"layers\": [",
    "w-layers.json": "{}",
    "w-count.json": "{\"layers\": [{\"weights\": [[1]]}]}",
    "w-object.json": "{\"layers\": [1, 2]}",
    "w-empty.json": "{\"layers\": [{\"weights\": []}, {\"weights\": [[2]]}]}",
    "w-row.json": "{\"layers\": [{\"weights\": [[1, 2]]}, {\"weights\": [[2]]}]}",
    "w-rows.json": "{\"layers\": [{\"weights\": [[1]]}, {\"weights\": [[2], [3]]}]}",
    "w-bias.json": "{\"layers\": [{\"weights\": [[1]], \"bias\": [1]}, {\"weights\": [[2]]}]}",
    "w-null.json": "{\"layers\": [{\"weights\": [[null]]}, {\"weights\": [[2]]}]}",
    "w-word.json": "{\"layers\": [{\"weights\": \"x\"}, {\"weights\": [[2]]}]}",
    "w-huge.json": "{\"layers\": [{\"weights\": [[1e999]]}, {\"weights\": [[2]]}]}",
    "w.npz": "PK\u{03}\u{04}damaged",
    "y.csv": "1\n2\n3\n",
    "wide.csv": "1,2\n3,4\n",
    "data.csv": "1,1/2\n-2,1/4\n",
    "data-flat.json": "[[1, 2]]",
    "data-word.json": "[[[1], \"x\"]]",
    "long.csv": "1e200\n",
    "large.csv": "1e100\n",
    "twice.csv": "1,1/2\n1,1/2\n",
    "contradiction.csv": "1,1/2\n1,1/4\n",
    "many.csv": "1,1\n2,2\n3,3\n",
    "close.csv": "1,1\n1.0000000001,1\n",
    "cut-study.json": "{\"schema\":\"infwidth/study/1\",",
    "old-study.json": "{\"schema\":\"infwidth/study/0\"}",
    "table9/table.yaml": "title: t\nkind: finite-width\nnetworks: [tanh.yaml]\npoints: [[1]]\nactivations: []\n",
    "table10/table.yaml": "title: t\nkind: moments\nlaws: [\"unifrom(-1, 1)\"]\norder: 2\n",
  ]

  /// An array file with this header and data.
  static func array(_ header: String, _ data: [UInt8]) -> Data {
    Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data)
  }

  static let arrays: [String: Data] = [
    "int.npy": array("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }\n", Array(repeating: 0, count: 8)),
    "short.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n", Array(repeating: 0, count: 8)),
    "cube.npy": array(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }\n", Array(repeating: 0, count: 8)),
    "nan.npy": array(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n", [0, 0, 0, 0, 0, 0, 0xF8, 0x7F]),
    "header.npy": Data([0x93] + Array("NUMPY".utf8) + [1, 0, 5, 0] + Array("abc".utf8)),
    "key.npy": array("{'descr': '<f8', 'shape': (1, 1), }\n", Array(repeating: 0, count: 8)),
    "w.safetensors": Data([12, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\": [1, 2".utf8)),
    "binary.csv": Data([0xFF, 0xFE, 0x80]),
    "latin.yaml": Data(Array("name: ".utf8) + [0xE9, 0x0A]),
  ]
}
