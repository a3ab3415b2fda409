import Foundation
import Testing

@Suite struct TrainCommandTests {
  private let data = ["--pair", "1:0.5", "--pair", "-1:0.25"]

  @Test func empirical() throws {
    let result = try CommandRunner.run(
      "empirical", "--weights", "examples/one-neuron.json", "--at", "1", "--at", "-1", "--format", "json")
    #expect(result.status == 0)
    let json = try result.json()
    #expect(json["schema"] as? String == "infwidth/empirical/1")
    let entries = try #require(json["entries"] as? [[String: Any]])
    #expect(entries.compactMap { $0["ntk"] as? Double } == [77.0625, 0.5625, 8.0625])
    let limits = entries.compactMap { ($0["limit"] as? [String: Any])?["exact"] as? String }
    #expect(limits == ["1073/720", "113/720", "1073/720"])
    let outputs = try #require(json["outputs"] as? [[String: Any]])
    #expect(outputs.compactMap { $0["f"] as? Double } == [4.5, 0.5])
    let table = try CommandRunner.run("empirical", "--weights", "examples/one-neuron.json", "--at", "1", "--no-limit")
    #expect(table.output.contains("77.0625") && !table.output.contains("infinite width"))
    #expect(table.output.contains("layer 2: the weights are multiplied by 1"))
  }

  /// Where the limit is infinite, the table compares with the kernel's power law at the network's width.
  ///
  /// Standard, squares of uniform weights and biases at x = 1: the readout's part N E φ² = N (1/5 + 1/6 + 1/80), the
  /// hidden layer's parts twice E w² E φ̇² = 4 (1/3) (1/3 + 1/12) · 2 = 10/9.
  @Test func powerLaw() throws {
    let arguments = ["empirical", "--network", "examples/quadratic-standard.yaml", "--width", "100000", "--at", "1"]
    let json = try CommandRunner.run(arguments + ["--format", "json"]).json()
    let entry = try #require((json["entries"] as? [[String: Any]])?.first)
    let (law, value) = (try #require(entry["powerLaw"] as? Double), try #require(entry["ntk"] as? Double))
    #expect(abs(law - (1e5 * (1.0 / 5 + 1.0 / 6 + 1.0 / 80) + 10.0 / 9)) < 1e-6)
    // E (w + b)⁸ = 0.6407 gives Var(φ²)/(E φ²)² = 3.46: five standard errors of 0.0059.
    #expect(abs(value / law - 1) < 0.0295)
    let table = try CommandRunner.run(arguments).output
    #expect(table.contains("its power law at N = 100000") && table.contains("it grows like N^1"))
  }

  @Test func train() throws {
    let arguments =
      ["train", "--width", "10", "--seed", "3", "--time", "2", "--records", "5", "--at", "1/2"] + data + [
        "--format", "json",
      ]
    let result = try CommandRunner.run(arguments)
    #expect(result.status == 0, "\(result)")
    #expect(try CommandRunner.run(arguments + ["--threads", "1"]).output == result.output)
    let json = try result.json()
    #expect(json["schema"] as? String == "infwidth/train/1")
    #expect(json["points"] as? [[Double]] == [[1], [-1], [0.5]])
    #expect(json["times"] as? [Double] == [0, 0.5, 1, 1.5, 2])
    let outputs = try #require(json["outputs"] as? [[Double]])
    let kernels = try #require(json["kernel"] as? [[[Double]]])
    let loss = try #require(json["loss"] as? [Double])
    let slopes = try #require((json["slopes"] as? [String: Any])?["measured"] as? [[Double]])
    for time in 0..<5 {
      let residuals = [outputs[time][0] - 0.5, outputs[time][1] - 0.25]
      #expect(abs(loss[time] - 0.5 * (residuals[0] * residuals[0] + residuals[1] * residuals[1])) < 1e-14)
      for point in 0..<3 {
        let predicted = -(kernels[time][point][0] * residuals[0] + kernels[time][point][1] * residuals[1])
        #expect(abs(predicted - slopes[time][point]) < 1e-9)
      }
    }
    let linearized = try #require(json["linearized"] as? [String: Any])
    #expect((linearized["loss"] as? [Double])?.first == loss[0])
    #expect((json["distance"] as? [Double])?.count == 5 && (json["relativeDistance"] as? [Double])?.first == 0)
  }

  /// A run that was stopped goes on with the same bits; a foreign checkpoint is refused and left alone.
  @Test func checkpoint() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("state").path
      let run = ["train", "--width", "300", "--time", "40", "--records", "41", "--format", "json"] + data
      let whole = try CommandRunner.run(run)
      let part = try CommandRunner.run(run + ["--checkpoint", path, "--max-seconds", "0.02"])
      #expect(part.status == 0)
      #expect(part.errors.contains("stopped (the time is over)") && part.errors.contains("goes on"))
      #expect(try part.json()["outcome"] as? String == "interrupted")
      #expect(!whole.output.contains("-0.0\n") && !whole.output.contains("-0.0,"))
      let rest = try CommandRunner.run(run + ["--checkpoint", path])
      #expect(rest.output == whole.output)
      try expectFailure(
        ["train", "--width", "300", "--time", "41", "--checkpoint", path] + data, status: 65, "another run")
      #expect(try CommandRunner.run(run + ["--checkpoint", path]).output == whole.output)
    }
  }

  @Test func divergence() throws {
    let result = try CommandRunner.run(
      ["train", "--width", "5", "--step", "20", "--steps", "50", "--records", "51", "--format", "json"] + data)
    #expect(result.status == 70)
    #expect(result.errors.hasPrefix("infwidth: the training ended early: gradient descent diverges at step "))
    #expect(try result.json()["outcome"] as? String == "diverged")
    #expect(try #require(try result.json()["times"] as? [Double]).count >= 1)
  }

  @Test func cannotFit() throws {
    let result = try CommandRunner.run(
      "train", "--width", "3", "--time", "300", "--solver", "bdf", "--pair", "-1:-1", "--pair", "-1/2:-1/8", "--pair",
      "1/2:1/8", "--pair", "1:1")
    #expect(result.status == 0)
    #expect(result.output.contains("The network cannot fit the data."))
    #expect(result.output.contains("polynomials of degree 2 of the input"))
    #expect(result.output.contains("the best of them leaves a loss of 0.1125."))
  }

  @Test func sweep() throws {
    let arguments =
      ["train", "--widths", "2,10,40", "--repeats", "4", "--time", "1", "--format", "json"] + data
    let result = try CommandRunner.run(arguments)
    #expect(result.status == 0, "\(result)")
    #expect(try CommandRunner.run(arguments + ["--threads", "1"]).output == result.output)
    let json = try result.json()
    let widths = try #require(json["widths"] as? [[String: Any]])
    #expect(widths.compactMap { $0["width"] as? Int } == [2, 10, 40])
    let fit = try #require((json["exponents"] as? [String: Any])?["typicalMove"] as? [String: Any])
    #expect(fit["expected"] as? Double == -0.5)
  }

  /// A sweep with a checkpoint ends with the same bytes, and the checkpoint of another sweep is refused.
  @Test func sweepCheckpoint() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("state").path
      let sweep = ["train", "--widths", "3,200", "--repeats", "20", "--time", "1", "--format", "json"] + data
      let whole = try CommandRunner.run(sweep)
      let part = try CommandRunner.run(sweep + ["--checkpoint", path, "--max-seconds", "0.001"])
      #expect(part.status == 0, "\(part)")
      #expect(part.errors.contains("stopped (the time is over)") && part.errors.contains("goes on"))
      #expect(try CommandRunner.run(sweep + ["--checkpoint", path]).output == whole.output)
      try expectFailure(sweep + ["--seed", "2", "--checkpoint", path], status: 65, "another run", "seed")
      try expectFailure(
        ["train", "--width", "3", "--time", "1", "--checkpoint", path] + data, status: 65, "not a checkpoint")
    }
  }

  /// Options that would have no effect are refused.
  @Test(arguments: [
    (["--width", "2", "--panels", "loss"], "--plot FILE.svg"),
    (["--width", "2", "--trajectories", "3"], "--plot FILE.svg"),
    (["--width", "2", "--repeats", "3"], "--widths"), (["--width", "2", "--fit-from", "3"], "--widths"),
    (["--width", "2", "--step", "0.1", "--solver", "bdf"], "gradient flow"),
    (["--width", "2", "--step", "0.1", "--tolerance", "1e-3"], "gradient flow"),
    (["--width", "2", "--first-time", "0.1"], "--grid log"), (["--width", "2", "--seed", "x"], "--seed"),
    (["--weights", "examples/one-neuron.json", "--seed", "2"], "networks that are drawn"),
    (["--widths", "2,3", "--panels", "loss", "--plot", "a.svg"], "not to --widths"),
    (["--widths", "2,3", "--save", "w.json"], "not to --widths"), (["--widths", "2,2"], "2 stands twice"),
  ])
  func withoutEffect(options: [String], words: String) throws {
    try expectFailure(["train", "--time", "1"] + options + data, status: 64, words)
  }

  /// Weights that are saved are read back: the end of one run is the start of the next.
  @Test func savedWeights() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("w.json").path
      let first = try CommandRunner.run(
        ["train", "--width", "4", "--time", "1", "--records", "2", "--format", "json", "--save", path] + data)
      let second = try CommandRunner.run(
        ["train", "--weights", path, "--time", "1", "--records", "2", "--format", "json"] + data)
      let ends = try #require(try first.json()["outputs"] as? [[Double]])
      let starts = try #require(try second.json()["outputs"] as? [[Double]])
      #expect(ends[1] == starts[0])
    }
  }

  @Test func dataFiles() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let base = ["train", "--width", "3", "--time", "1", "--records", "2", "--format", "json"]
      let expected = try CommandRunner.run(base + data).output
      for (name, text) in [("d.csv", "1,0.5\n-1,1/4\n"), ("d.json", "[[[1], 0.5], [[-1], \"1/4\"]]")] {
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        #expect(try CommandRunner.run(base + ["--data", file.path]).output == expected)
      }
      let file = folder.appendingPathComponent("bad")
      for text in ["", "1\n", "1,2,3\n", "[[1, 2]]", "[[[1], [2]]]", "{}", "1,nan\n"] {
        try Data(text.utf8).write(to: file)
        try expectFailure(base + ["--data", file.path], status: 65, "bad")
      }
    }
  }

  @Test func badInput() throws {
    try expectFailure(["train"], status: 64, "--pair 1:0.5")
    try expectFailure(["train"] + data, status: 64, "--time")
    try expectFailure(["train", "--time", "1"] + data, status: 64, "--width 100")
    try expectFailure(["train", "--pair", "1:", "--width", "2", "--time", "1"], status: 64, "the target is missing")
    try expectFailure(["train", "--pair", ":1", "--width", "2", "--time", "1"], status: 64, "the input is missing")
    try expectFailure(["train", "--pair", "1:nan", "--width", "2", "--time", "1"], status: 64, "the target", "'nan'")
    try expectFailure(
      [
        "train", "--network", "examples/residual-relu.yaml", "--pair", "1,0:1", "--width", "2", "--time", "1", "--save",
        "w",
      ],
      status: 64, "residual block", "--save")
    try expectFailure(["train", "--pair", "1", "--width", "2", "--time", "1"], status: 64, "--pair '1'")
    try expectFailure(["train", "--width", "2", "--time", "0"] + data, status: 64, "--time 0")
    try expectFailure(["train", "--width", "2", "--time", "1", "--plot", "a.gif"] + data, status: 64, "a.gif", ".svg")
    try expectFailure(["train", "--weights", "no.npz", "--time", "1"] + data, status: 65, "no.npz")
    try expectFailure(["train", "--width", "2", "--steps", "3"] + data, status: 64, "--step H")
    try expectFailure(
      ["train", "--width", "2", "--time", "1", "--checkpoint", "no/x"] + data, status: 74, "no/x", "no folder")
    try expectFailure(
      ["train", "--width", "2000", "--time", "1", "--solver", "bdf"] + data, status: 64, "6000", "at most 1000")
    try expectFailure(["train", "--widths", "2,x", "--time", "1"] + data, status: 64, "'x'")
    try expectFailure(
      ["train", "--network", "examples/relu-gaussian.yaml", "--time", "1", "--width", "2"] + data, status: 64,
      "--pair '1:0.5'", "has 1 coordinate")
    try expectFailure(["empirical", "--at", "1"], status: 64, "--weights FILE")
    try expectFailure(["empirical", "--weights", "no.npz", "--at", "1"], status: 65, "no.npz")
    try expectFailure(
      ["empirical", "--weights", "examples/relu-uniform.yaml", "--at", "1"], status: 65, "relu-uniform.yaml")
  }
}
