import Foundation
import Testing

/// What a command prints is a function of its arguments: the same bytes from one thread and from two, and again.
@Suite struct DeterminismTests {
  /// A command line for each subcommand; FOLDER stands for a temporary folder with the files below.
  static let commands = [
    "table --format json", "table --network examples/deep-erf.yaml --at 1,0,0 --at 0,1/2,-1 --format json",
    "table --network examples/normalized-residual.yaml --at 1,0 --at 1/2,-1 --format csv",
    "table --network examples/relu-gaussian.yaml --at 1,0 --at 3/5,4/5 --width 64 --format json",
    "scaling --network examples/pytorch-relu.yaml --at 1,0 --at 1/2,-1 --format json", "phase tanh --format json",
    "moments pytorch-linear() student-t(5,1) --format json", "dual gelu --q1 2 --q2 1/3 --c 1/5 --format json",
    "converge --network examples/relu-uniform.yaml --at 1,0 --at 0,1 --widths 4,32 --samples 70 --seed 3 --format json",
    "expect --network examples/deep-erf.yaml --at 1,0,0 --at 0,1/2,-1 --kernel both --width 64 --format json",
    "merge FOLDER/1.json FOLDER/2.json --format json",
    "empirical --network examples/pytorch-relu.yaml --at 1,0 --at 1/2,-1 --width 50 --seed 4 --format json",
    "train --width 20 --pair 1:0.5 --pair -1:0.25 --time 2 --records 5 --format json",
    "train --widths 4,8 --repeats 3 --pair 1:0.5 --time 1 --format json",
    "predict --network examples/relu-gaussian.yaml --data FOLDER/data.csv --at 1,0 --at 1/7,2 --ridge 1/10 --format json",
    "verify tables/relu --format json", "tables tables/relu --format json", "laws --format json",
    "activations --format json", "presets --format json",
  ]

  @Test func twiceAndWithAnyNumberOfThreads() throws {
    try CommandRunner.withTemporaryFolder { folder in
      try Data("1,0,1/2\n0,1,-1\n1,1,0\n".utf8).write(to: folder.appendingPathComponent("data.csv"))
      for shard in 1...2 {
        let result = try CommandRunner.run(
          "converge", "--widths", "4,8", "--samples", "40", "--shard", "\(shard)/2", "--checkpoint",
          folder.appendingPathComponent("\(shard).json").path)
        try #require(result.status == 0, "\(result)")
      }
      for command in Self.commands {
        let arguments = command.replacing("FOLDER", with: folder.path).split(separator: " ").map(String.init)
        let results = try ["1", "2", "2"].map { try CommandRunner.run(arguments + ["--threads", $0]) }
        #expect(results[0].status == 0 && !results[0].output.isEmpty, "\(command): \(results[0])")
        #expect(results.allSatisfy { $0.output == results[0].output }, "\(command)")
      }
    }
  }

  /// The report of `gram` tells the time that was taken; the matrix is compared.
  @Test func kernelMatrix() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let rows = (0..<70).map { "\(cos(Double($0))),\(sin(Double($0) * 0.7))\n" }.joined()
      try Data(rows.utf8).write(to: folder.appendingPathComponent("x.csv"))
      let matrices = try ["1", "2", "2"].enumerated().map { number, threads in
        let output = folder.appendingPathComponent("\(number).npy")
        let result = try CommandRunner.run(
          "gram", "--network", "examples/relu-gaussian.yaml", "--data", folder.appendingPathComponent("x.csv").path,
          "--kernel", "both", "--tile", "32", "--output", output.path, "--threads", threads)
        try #require(result.status == 0, "\(result)")
        return try Data(contentsOf: output)
      }
      #expect(matrices.allSatisfy { $0 == matrices[0] })
    }
  }

  /// A subcommand that is added shows its line here.
  @Test func everySubcommandWithThreads() throws {
    for name in try CommandRunner.subcommands() where name != "gram" {
      guard try CommandRunner.run(name, "--help").output.contains("--threads") else { continue }
      #expect(Self.commands.contains { $0.split(separator: " ").first == name[...] }, "\(name)")
    }
  }
}
