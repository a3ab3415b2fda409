import Foundation

/// Files of the catalogue that are damaged in their form: studies, arrays, tensors, JSON.
extension ErrorCatalogueFiles {
  static let damagedTexts: [String: String] = [
    "text.npy": "1\n2\n",
    "after.json": "[[1]] 2",
    "key.json": "[{1: 2}]",
    "exponent.json": "[[1e]]",
    "quote.json": "[[\"1",
    "newline.json": "[[\"1\n\"]]",
    "surrogate.json": "[[\"\\ud800\"]]",
    "escape.json": "[[\"\\q\"]]",
    "digits.json": "[[\"\\u12\"]]",
    "nested.json": String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    "data-bool.json": "[[[true], 1]]",
    "w-key.json": "{\"layers\": [{\"weights\": [[1]], \"gain\": 1}, {\"weights\": [[2]]}]}",
    "w-number.json": "{\"layers\": [{\"weights\": [1]}, {\"weights\": [[2]]}]}",
    "study-length.json": "infwidth-study 1 9 0000000000000000\n{}\n",
    "study-checksum.json": "infwidth-study 1 3 0000000000000000\n{}\n",
    "study-version.json": "infwidth-study 2 3 0000000000000000\n{}\n",
    "study-empty.json": study("{}\n"),
    "study-json.json": study("{\n"),
    "study-sampler.json": study("{\"sampler\":0}\n"),
    "journal.npy.partial": "\n",
    "journal.npy.journal": "tiles\n",
    "lonely.npy.journal": "tiles\n",
    "table11/table.yaml": "title: t\nkind: moments\nlaws: 3\norder: 2\n",
    "table12/table.yaml": "title: t\nkind: phase\nactivations: [relu]\nvariances: [[1]]\n",
    "table13/table.yaml": "kind: moments\nlaws: [\"normal()\"]\norder: 2\n",
    "table14/table.yaml": "title: [t]\nkind: moments\nlaws: [\"normal()\"]\norder: 2\n",
    "table15/table.yaml":
      "title: t\nkind: finite-width\nnetworks: [deep.yaml]\npoints: [[1]]\nactivations: [relu]\n",
    "table15/deep.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {weights: normal(), bias: none, activation: tanh}\n  - {weights: normal(), bias: none}\n",
    "table16/table.yaml":
      "title: t\nkind: activation-kernels\nnetworks: [ok.yaml]\npoints: [[1]]\nactivations: [relu]\ndepths: [1]\n",
    "table16/ok.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {weights: normal(), bias: none}\n",
    "table17/table.yaml": "title: t\nkind: arc-cosine\norders: [0]\ncorrelations: 1\n",
    "table18/table.yaml": "title: t\nkind: arc-cosine\norders: [x]\ncorrelations: [0]\n",
    "table19/table.yaml": "title: t\nkind: kernels\npoints: [[1]]\n",
    "norm-trainable.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {kind: layer-normalization, trainable: some}\n  - {weights: normal(), bias: none}\n",
    "exponents-residual.yaml":
      "input-dimension: 1\nparameterization: {a: [0, 1/2], b: [0, 0], c: 0}\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {kind: layer-normalization}\n  - {weights: normal(), bias: none}\n",
    "exponents-word.yaml":
      "input-dimension: 1\nparameterization: {a: 0, b: [0, 0], c: 0}\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {weights: normal(), bias: none}\n",
    "key-list.yaml": "? [a, b]\n: 1\n",
    "tab.yaml": "input-dimension: 1\nlayers:\n\t- weights: normal()\n",
    "layers-word.yaml": "input-dimension: 1\nparameterization: ntk\nlayers: 3\n",
    "no-value.yaml": "input-dimension:\nparameterization: ntk\nlayers: []\n",
    "nested.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - "
      + String(repeating: "{kind: residual, branch: [", count: 10) + "{weights: normal(), bias: none}"
      + String(repeating: "]}", count: 10) + "\n  - {weights: normal(), bias: none}\n",
    "branch-activation.yaml":
      "input-dimension: 1\nparameterization: ntk\nlayers:\n  - {weights: normal(), bias: none, activation: tanh}\n  - {kind: residual, branch: [{weights: normal(), bias: none}, {weights: normal(), bias: none}]}\n  - {weights: normal(), bias: none}\n",
  ]

  static let damagedArrays: [String: Data] = [
    "long.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n", zeros(16)),
    "version.npy": Data([0x93] + Array("NUMPY".utf8) + [9, 0, 2, 0] + Array("{}".utf8)),
    "order.npy": array("{'descr': '<f8', 'fortran_order': Perhaps, 'shape': (1, 1), }\n", zeros(8)),
    "list.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': [1, 1], }\n", zeros(8)),
    "extent.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': (1, -1), }\n", zeros(8)),
    "huge.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", zeros(8)),
    "empty.npy": array("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1), }\n", []),
    "latin.json": Data(Array("[[\"".utf8) + [0xE9] + Array("\"]]".utf8)),
    "table20/table.yaml": Data(Array("title: ".utf8) + [0xE9, 0x0A]),
    "type.safetensors": tensors(
      "{\"0.weight\": {\"dtype\": \"I64\", \"shape\": [1, 1], \"data_offsets\": [0, 8]}}", zeros(8)),
    "entry.safetensors": tensors("{\"0.weight\": {\"dtype\": \"F64\"}}", []),
    "bytes.safetensors": tensors(
      "{\"0.weight\": {\"dtype\": \"F64\", \"shape\": [1, 1], \"data_offsets\": [0, 4]}}", zeros(4)),
    "names.safetensors": tensors(
      "{\"kernel\": {\"dtype\": \"F64\", \"shape\": [1, 1], \"data_offsets\": [0, 8]}}", zeros(8)),
    "cube.safetensors": tensors(
      "{\"0.weight\": {\"dtype\": \"F64\", \"shape\": [1, 1, 1], \"data_offsets\": [0, 8]}}", zeros(8)),
    "bias.safetensors": tensors(
      "{\"0.weight\": {\"dtype\": \"F32\", \"shape\": [1, 1], \"data_offsets\": [0, 4]}, \"0.bias\": {\"dtype\": \"F32\", "
        + "\"shape\": [2], \"data_offsets\": [4, 12]}, \"2.weight\": {\"dtype\": \"F32\", \"shape\": [1, 1], "
        + "\"data_offsets\": [12, 16]}}", zeros(16)),
    "other.safetensors": tensors(
      "{\"0.weight\": {\"dtype\": \"F32\", \"shape\": [1, 1], \"data_offsets\": [0, 4]}, \"0.scale\": {\"dtype\": \"F32\", "
        + "\"shape\": [1], \"data_offsets\": [4, 8]}}", zeros(8)),
    "nan.safetensors": tensors(
      "{\"0.weight\": {\"dtype\": \"F32\", \"shape\": [1, 1], \"data_offsets\": [0, 4]}, \"2.weight\": {\"dtype\": \"F32\", "
        + "\"shape\": [1, 1], \"data_offsets\": [4, 8]}}", [0, 0, 0xC0, 0x7F, 0, 0, 0, 0]),
    "header.safetensors": Data([200, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)),
  ]

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  /// A file in the safetensors format.
  private static func tensors(_ header: String, _ data: [UInt8]) -> Data {
    let count = header.utf8.count
    return Data((0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8) + data)
  }

  /// A body behind the first line that belongs to it.
  private static func study(_ body: String) -> String {
    let checksum = body.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let digits = String(checksum, radix: 16)
    return "infwidth-study 1 \(body.utf8.count) \(String(repeating: "0", count: 16 - digits.count))\(digits)\n\(body)"
  }
}
