import Foundation
import Testing

/// The files of `infwidth expect` in the hands of the languages they are for.
@Suite struct ExpectedSourceTests {
  /// Writes a fixture of the identity network, whose kernel users can compute in their heads: `Θ = 2` at x = 1.
  ///
  /// z = w x, f = Σ a z/√N: ∂f/∂a gives Σ z²/N, ∂f/∂w gives Σ a²/N.
  private static func write(_ format: String, to file: URL, _ more: [String]) throws {
    let folder = file.deletingLastPathComponent()
    let text = """
      name: 'identity "network" */ \\'
      input-dimension: 1
      parameterization: ntk
      layers:
        - {weights: rademacher(), bias: none, activation: identity}
        - {weights: normal(), bias: none}
      """
    let network = folder.appendingPathComponent("identity.yaml")
    try Data(text.utf8).write(to: network)
    let result = try CommandRunner.run(
      ["expect", "--network", network.path, "--at", "1", "--at", "-1", "--format", format, "--output", file.path] + more
    )
    #expect(result.status == 0, "\(result)")
  }

  private static let finite = ["--width", "4", "--width", "8", "--samples", "20"]

  @Test(.enabled(if: ExternalTool.hasPytest, "needs python3 with pytest"))
  func pytest() throws {
    try CommandRunner.withTemporaryFolder { folder in
      try Self.write("pytest", to: folder.appendingPathComponent("test_finite.py"), Self.finite)
      try Self.write("pytest", to: folder.appendingPathComponent("test_limit.py"), [])
      try Self.write("pytest", to: folder.appendingPathComponent("test_both.py"), Self.finite + ["--kernel", "both"])
      // ΣΣ a²/N + 1 with a from a generator of the standard library.
      let conftest = """
        import random, pytest

        def network(width, seed, factor=1.0):
            draws = random.Random(1000 * width + seed)
            square = factor * sum(draws.gauss(0, 1) ** 2 for _ in range(width)) / width
            return [[1 + square, -1 - square], [-1 - square, 1 + square]], [[square, -square], [-square, square]]

        @pytest.fixture
        def empirical_kernel(request):
            if len(request.module.KERNELS) == 1:
                return lambda width, seed: network(width, seed)[0]
            return lambda width, seed: network(width, seed)[::-1]

        @pytest.fixture
        def limit_kernel():
            return [[2.0, -2.0], [-2.0, 2.0]]
        """
      try Data(conftest.utf8).write(to: folder.appendingPathComponent("conftest.py"))
      let green = try ExternalTool.run("python3", ["-m", "pytest", "-q", "-p", "no:cacheprovider"], in: folder)
      #expect(green.status == 0 && green.output.contains("5 passed"), "\(green.output)")
      let defects = """
        import math, pytest, conftest, test_finite, test_limit

        def red(words, call, *arguments):
            with pytest.raises(AssertionError, match=words):
                call(*arguments)

        def test_red():
            check = test_finite.check_networks
            red("standard errors off", check, 8, lambda width, seed: conftest.network(width, seed, width)[0])
            red("the same kernel: is the seed used", check, 8, lambda width, seed: conftest.network(width, 1)[0])
            red("not a matrix of 2 x 2", check, 8, lambda width, seed: [[2.0]])
            red("is nan", test_finite.check_average, 8, [[math.nan] * 2] * 2)
            red("-2.0 within", test_finite.check_average, 4, [[2.0, 2.0], [-2.0, 2.0]])
            red(r"ntk\\[0\\]\\[1\\]", test_limit.check_limit, [[2.0, -1.9], [-2.0, 2.0]])
        """
      try Data(defects.utf8).write(to: folder.appendingPathComponent("test_red.py"))
      let red = try ExternalTool.run(
        "python3", ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_red.py"], in: folder)
      #expect(red.status == 0 && red.output.contains("1 passed"), "\(red.output)")
    }
  }

  @Test(.enabled(if: ExternalTool.hasPython, "needs python3"), arguments: [finite, []])
  func pythonCompiles(_ more: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("test_expected.py")
      try Self.write("pytest", to: file, more)
      let result = try ExternalTool.run("python3", ["-W", "error", "-m", "py_compile", file.path])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test(.enabled(if: ExternalTool.hasNumPy, "needs python3 with numpy"))
  func numpyReads() throws {
    try CommandRunner.withTemporaryFolder { folder in
      try Self.write("npz", to: folder.appendingPathComponent("f.npz"), Self.finite)
      let script = """
        import numpy as np
        z = np.load("f.npz")
        assert z["points"].tolist() == [[1.0], [-1.0]] and z["widths"].tolist() == [4.0, 8.0]
        assert z["ntk_limit"].tolist() == [[2.0, -2.0], [-2.0, 2.0]]
        assert z["ntk_mean"].shape == (2, 2, 2) and (z["ntk_mean"] == z["ntk_limit"]).all()
        assert (z["ntk_standard_deviation"][:, 0, 0] == np.sqrt(2 / z["widths"])).all()
        assert (z["ntk_tolerance"] > 0).all() and z["ntk_is_exact"].all()
        assert z["samples"] == 20 and z["false_alarm"] == 1e-4
        assert str(z["generator"]).startswith("infwidth ") and "weights: rademacher()" in str(z["network"])
        """
      let result = try ExternalTool.run("python3", ["-c", script], in: folder)
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test(.enabled(if: ExternalTool.find("cc") != nil, "needs a C compiler"), arguments: [finite, []])
  func cCompiles(_ more: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      try Self.write("c", to: folder.appendingPathComponent("expected.h"), more)
      let width = more.isEmpty ? 0 : 8
      let program = """
        #include "expected.h"
        int main(void) {
          double right[4] = {2, -2, -2, 2}, wrong[4] = {2, -2, 2, 2}, none[4] = {NAN, NAN, NAN, NAN};
          return !(expected_identity_network_deviations(\(width), right) == 0
            && expected_identity_network_deviations(\(width), wrong) == 1
            && expected_identity_network_deviations(\(width), none) == 4
            && expected_identity_network_deviations(7, right) == -1
            && expected_identity_network_point(1)[0] == -1);
        }
        """
      try Data(program.utf8).write(to: folder.appendingPathComponent("main.c"))
      let compiled = try ExternalTool.run(
        "cc", ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "main.c", "-o", "main", "-lm"], in: folder)
      #expect(compiled.status == 0, "\(compiled.output)")
      let result = try ExternalTool.run("env", [folder.appendingPathComponent("main").path])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test(.enabled(if: ExternalTool.find("swiftc") != nil, "needs swiftc"), arguments: [finite, []])
  func swiftParses(_ more: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("Expected.swift")
      try Self.write("swift", to: file, more)
      let result = try ExternalTool.run("swiftc", ["-parse", "-warnings-as-errors", file.path])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  /// The fixtures of the examples regenerate byte for byte.
  @Test(arguments: ["numpy", "pytorch"]) func examplesRegenerate(_ name: String) throws {
    let source = CommandRunner.root.appendingPathComponent("examples/\(name)")
    try CommandRunner.withTemporaryFolder { folder in
      let files = try FileManager.default.contentsOfDirectory(atPath: source.path)
      for file in files where file.hasSuffix(".yaml") || file == "regenerate" {
        try FileManager.default.copyItem(
          at: source.appendingPathComponent(file), to: folder.appendingPathComponent(file))
      }
      let result = try ExternalTool.run(
        "sh", [folder.appendingPathComponent("regenerate").path, try CommandRunner.built().path])
      #expect(result.status == 0, "\(result.output)")
      let fixtures = files.filter { $0.hasSuffix("_mlp.py") }
      #expect(fixtures.count == 2)
      for file in fixtures {
        let committed = try Data(contentsOf: source.appendingPathComponent(file))
        let made = try Data(contentsOf: folder.appendingPathComponent(file))
        #expect(committed == made, "\(file)")
        #expect(committed.count < 1_000_000)
      }
    }
  }
}
