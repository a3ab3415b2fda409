import Foundation
import Networks
import Testing

@Suite struct PredictCommandTests {
  private let predict = ["predict", "--network", "examples/relu-gaussian.yaml"]

  @Test func prediction() throws {
    let arguments = predict + ["--data", "examples/training.csv", "--at", "0.6,0.8", "--at", "1,0"]
    let json = try CommandRunner.run(arguments + ["--time", "inf", "--format", "json"]).json()
    #expect(json["schema"] as? String == "infwidth/predict/1" && json["time"] as? String == "inf")
    let (mean, variance) = (try #require(json["mean"] as? [Double]), try #require(json["variance"] as? [Double]))
    #expect(mean.count == 2 && variance.count == 2)
    // The second test input is the first training input, with the target 1.
    let errors = try #require(json["meanError"] as? [Double])
    #expect((mean[1] - 1).magnitude <= errors[1] && errors[1] < 1e-12 && variance[1] < 1e-12)
    let nngp = try #require(json["nngp"] as? [String: Any])
    #expect((try #require(nngp["mean"] as? [Double])[1] - 1).magnitude < 1e-12)
    #expect(json["logMarginalLikelihood"] is Double && json["conditionNumber"] is Double)

    // At time 0 the prior: mean 0 and variance K(x, x) = |x|²/6 for this network.
    let start = try CommandRunner.run(arguments + ["--time", "0", "--format", "json"]).json()
    #expect(start["mean"] as? [Double] == [0, 0])
    for value in try #require(start["variance"] as? [Double]) { #expect((value - 1.0 / 6).magnitude < 1e-15) }

    for format in ["table", "csv", "markdown", "latex"] {
      let result = try CommandRunner.run(arguments + ["--time", "2", "--ridge", "1/100", "--format", format])
      #expect(result.status == 0 && result.output.contains("mean"), "\(result)")
    }
  }

  /// All ways to give the same data give the same numbers.
  @Test func formats() throws {
    try CommandRunner.withTemporaryFolder { folder in
      func write(_ name: String, _ data: Data) throws -> String {
        let url = folder.appendingPathComponent(name)
        try data.write(to: url)
        return url.path
      }
      func npy(_ shape: [Int], _ values: [Double]) -> Data {
        Data(NPYHeader(shape: shape).encoded)
          + Data(values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
      }
      let ways: [[String]] = [
        ["--data", try write("xy.csv", Data("1,0,1\n0,1,-0.5\n".utf8))],
        ["--data", try write("xy.json", Data("[[[1, 0], 1], [[0, 1], \"-1/2\"]]".utf8))],
        ["--train-x", try write("xy2.csv", Data("1,0,1\n0,1,-0.5\n".utf8))],
        [
          "--train-x", try write("x.csv", Data("1,0\n0,1\n".utf8)), "--train-y",
          try write("y.csv", Data("1\n-0.5\n".utf8)),
        ],
        [
          "--train-x", try write("x.npy", npy([2, 2], [1, 0, 0, 1])), "--train-y",
          try write("y.npy", npy([2], [1, -0.5])),
        ],
        [
          "--train-x", try write("x.json", Data("[[1, 0], [0, 1]]".utf8)), "--train-y",
          try write("y.json", Data("[1, -0.5]".utf8)),
        ],
      ]
      let test = try write("t.npy", npy([1, 2], [0.5, 0.25]))
      let means = try ways.map { way in
        let arguments = predict + way + ["--test-x", test, "--time", "3", "--format", "json"]
        return try #require(try CommandRunner.run(arguments).json()["mean"] as? [Double])
      }
      #expect(Set(means).count == 1 && means[0].count == 1, "\(means)")

      let (mean, variance) = (folder.appendingPathComponent("m.npy"), folder.appendingPathComponent("v.npy"))
      let result = try CommandRunner.run(
        predict + ways[0] + ["--test-x", test, "--time", "3", "--mean-output", mean.path, "--variance-output"]
          + [variance.path])
      #expect(result.status == 0, "\(result)")
      #expect(try NPYArray(Data(contentsOf: mean)).values == means[0])
      #expect(try NPYArray(Data(contentsOf: variance)).shape == [1])
    }
  }

  @Test func errors() throws {
    let good = ["--data", "examples/training.csv", "--at", "1,0"]
    try expectFailure(predict + ["--at", "1,0"], status: 64, "no training data", "--train-x")
    try expectFailure(predict + ["--data", "examples/training.csv"], status: 64, "no test inputs", "--test-x")
    try expectFailure(predict + good + ["--train-x", "x.csv"], status: 64, "not both")
    try expectFailure(predict + good + ["--time", "-1"], status: 64, "--time -1")
    try expectFailure(predict + good + ["--time", "soon"], status: 64, "--time", "soon")
    try expectFailure(predict + good + ["--ridge", "-1/2"], status: 64, "--ridge -1/2")
    try expectFailure(predict + good + ["--at", "1"], status: 64, "--at '1'")
    try expectFailure(predict + ["--data", "no.csv", "--at", "1,0"], status: 65, "no.csv")
    try expectFailure(
      predict + good + ["--mean-output", "no-such-folder/m.npy"], status: 74, "no-such-folder/m.npy")
    try CommandRunner.withTemporaryFolder { folder in
      func file(_ name: String, _ text: String) throws -> String {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url.path
      }
      let contradiction = try file("a.csv", "1,0,1\n0,1,2\n1,0,3\n")
      try expectFailure(
        predict + ["--data", contradiction, "--at", "1,1"], status: 65, "Training inputs 1 and 3 are equal",
        "1.0 and 3.0")
      // With a ridge, or in finite time, there is an answer.
      for option in [["--ridge", "0.1"], ["--time", "5"]] {
        let result = try CommandRunner.run(predict + ["--data", contradiction, "--at", "1,1"] + option)
        #expect(result.status == 0, "\(result)")
      }
      let duplicate = try file("b.csv", "1,0,1\n0,1,2\n1,0,1\n")
      try expectFailure(
        predict + ["--data", duplicate, "--at", "1,1"], status: 65, "inputs 1 and 3 are equal", "ridge")
      // relu without biases knows x and 2x as one: no duplicates, and yet singular.
      let parallel = try file("c.csv", "1,0,1\n0,1,2\n2,0,1\n")
      try expectFailure(
        predict + ["--data", parallel, "--at", "1,1"], status: 70, "3 training inputs is singular",
        "1 of its eigenvalues")
      let (x, y) = (try file("x.csv", "1,0\n0,1\n"), try file("y.csv", "1\n2\n3\n"))
      try expectFailure(
        predict + ["--train-x", x, "--train-y", y, "--at", "1,1"], status: 65, "y.csv", "3 targets for 2 inputs")
      let wide = try file("wide.csv", "1,2\n3,4\n")
      try expectFailure(
        predict + ["--train-x", x, "--train-y", wide, "--at", "1,1"], status: 65, "wide.csv", "line 1",
        "one target a row")
      let nan = try file("nan.csv", "1,0,1\n0,1,nan\n")
      try expectFailure(predict + ["--data", nan, "--at", "1,1"], status: 65, "nan.csv", "line 2")
    }
  }
}
