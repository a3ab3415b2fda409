import Foundation
import Networks
import Testing

/// An NPY file of doubles as `numpy.save` writes it.
private func writeNPY(_ rows: [[Double]], to url: URL) throws {
  let header = NPYHeader(shape: [rows.count, rows.first?.count ?? 0])
  let content = rows.joined().flatMap { value in
    (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
  }
  try Data(header.encoded + content).write(to: url)
}

/// Points on a spiral, none parallel to another.
private func spiral(_ count: Int) -> [[Double]] {
  (0..<count).map { index in
    let angle = 0.1 + 2.39996 * Double(index)
    return [(1 + 0.01 * Double(index)) * cos(angle), sin(angle)]
  }
}

private let network = ["--network", "examples/relu-gaussian.yaml"]

/// The program of this name on the path.
private func program(_ name: String) -> URL? {
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}

@Suite struct GramCommandTests {
  @Test func matrixAndReport() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("K.npy")
      let arguments = ["gram"] + network + ["--data", "examples/inputs.csv", "--output", output.path]
      let report = try CommandRunner.run(arguments + ["--kernel", "both", "--format", "json"])
      #expect(report.status == 0, "\(report)")
      let json = try report.json()
      #expect(json["schema"] as? String == "infwidth/gram/1")
      #expect(json["shape"] as? [Int] == [2, 6, 6] && json["complete"] as? Bool == true)
      let array = try NPYArray(Data(contentsOf: output))
      // The same numbers as `infwidth table`.
      let table = try CommandRunner.run(
        ["table"] + network + ["--points", "examples/inputs.csv", "--format", "json"])
      let entries = try #require(try table.json()["entries"] as? [[String: Any]])
      var place = 0
      for i in 0..<6 {
        for j in i..<6 {
          for (layer, key) in ["nngp", "ntk"].enumerated() {
            let value = try #require((entries[place][key] as? [String: Any])?["value"] as? Double)
            let found = array.values[(layer * 6 + i) * 6 + j]
            #expect((found - value).magnitude <= 1e-14, "\(key) \(i) \(j): \(found), \(value)")
          }
          place += 1
        }
      }
      for format in ["table", "markdown", "csv", "latex"] {
        let again = try CommandRunner.run(arguments + ["--kernel", "ntk", "--format", format])
        #expect(again.status == 0 && again.output.contains("6, 6"), "\(again)")
      }
    }
  }

  /// A run that is killed by SIGKILL goes on where it was and ends in the same bytes, within its memory.
  @Test func killedAndResumed() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("X.npy")
      try writeNPY(spiral(1200), to: data)
      let arguments =
        ["gram"] + network + ["--data", data.path, "--kernel", "ntk", "--tile", "32", "--format", "json"]
      let (whole, killed) = (folder.appendingPathComponent("whole.npy"), folder.appendingPathComponent("killed.npy"))
      let first = try CommandRunner.run(arguments + ["--output", whole.path, "--memory", "200MiB"])
      #expect(first.status == 0, "\(first)")
      let peak = try #require(try first.json()["peakBytes"] as? Int)
      #expect(peak <= 200 << 20 || CommandRunner.sanitizer != nil)

      let process = Process()
      process.executableURL = try CommandRunner.built()
      process.arguments = arguments + ["--output", killed.path]
      process.currentDirectoryURL = CommandRunner.root
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let journal = URL(fileURLWithPath: killed.path + ".journal")
      let deadline = Date().addingTimeInterval(60)
      while Date() < deadline, process.isRunning,
        !((try? Data(contentsOf: journal))?.contains(UInt8(ascii: "#")) ?? false)
      {
        usleep(1000)
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try #require(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
      #expect(!FileManager.default.fileExists(atPath: killed.path))
      try expectFailure(arguments + ["--output", killed.path], status: 74, "begun and not finished", "--resume")
      let second = try CommandRunner.run(arguments + ["--output", killed.path, "--resume"])
      #expect(second.status == 0, "\(second)")
      let (found, computed) = (try second.json()["foundTiles"] as? Int, try second.json()["computedTiles"] as? Int)
      #expect(try #require(found) >= 1 && #require(computed) >= 1, "\(second)")
      #expect(try Data(contentsOf: whole) == Data(contentsOf: killed))
    }
  }

  /// What the process that starts the command has in memory is not the command's, though Linux's `ru_maxrss` says so.
  @Test func peakBytesAreItsOwn() throws {
    let ballast = [UInt8](repeating: 1, count: 600 << 20)
    try CommandRunner.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("X.npy")
      try writeNPY(spiral(8), to: data)
      let output = folder.appendingPathComponent("K.npy").path
      let result = try CommandRunner.run(
        ["gram"] + network + ["--data", data.path, "--kernel", "ntk", "--output", output, "--format", "json"])
      let peak = try #require(try result.json()["peakBytes"] as? Int)
      #expect(peak <= 200 << 20 || CommandRunner.sanitizer != nil)
    }
    #expect(ballast.last == 1)
  }

  /// An error before the first tile is finished leaves nothing that would be in the way of the next run.
  @Test func nothingStaysOfAFailure() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("x.csv")
      try Data("1e200,0\n".utf8).write(to: data)
      let output = folder.appendingPathComponent("K.npy").path
      try expectFailure(
        ["gram"] + network + ["--data", data.path, "--kernel", "ntk", "--output", output], status: 65, "1e+200")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.csv"])
    }
  }

  /// Two processes under a real launcher.
  ///
  /// On a machine of one's own without Open MPI the test is left out; in CI, where
  /// `.ci/run` installs it, a missing launcher is a failure.
  @Test(
    .enabled(
      if: program("mpirun") != nil || ProcessInfo.processInfo.environment["CI"] == "true",
      "mpirun is not installed (Debian: openmpi-bin)"))
  func openMPI() throws {
    let launcher = try #require(program("mpirun"), "CI needs mpirun: Scripts/install-dependencies --tests")
    try CommandRunner.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("X.npy")
      try writeNPY(spiral(100), to: data)
      let executable = try CommandRunner.built()
      let (shared, single) = (folder.appendingPathComponent("shared.npy"), folder.appendingPathComponent("single.npy"))
      let arguments = ["gram"] + network + ["--data", data.path, "--kernel", "nngp", "--tile", "16"]
      let process = Process()
      process.executableURL = launcher
      process.arguments =
        ["-np", "2", "--oversubscribe", "--allow-run-as-root", executable.path] + arguments
        + ["--output", shared.path, "--shard", "auto", "--format", "csv"]
      process.currentDirectoryURL = CommandRunner.root
      process.standardInput = FileHandle.nullDevice
      let log = folder.appendingPathComponent("log")
      try Data().write(to: log)
      process.standardOutput = try FileHandle(forWritingTo: log)
      process.standardError = process.standardOutput
      try process.run()
      process.waitUntilExit()
      let text = try String(contentsOf: log, encoding: .utf8)
      #expect(process.terminationStatus == 0, "\(text)")
      // Each of the two computed its half of the 28 tiles, and one of them finished the matrix.
      #expect(text.split(separator: "\n").filter { $0.contains(",14,") && $0.contains("f8,28") }.count == 2, "\(text)")
      let alone = try CommandRunner.run(arguments + ["--output", single.path])
      #expect(alone.status == 0)
      #expect(try Data(contentsOf: shared) == Data(contentsOf: single))
    }
  }

  @Test func badArguments() throws {
    let gram = ["gram"] + network + ["--data", "examples/inputs.csv"]
    try expectFailure(gram + ["--output", "/tmp/K.npy"], status: 64, "--kernel")
    try expectFailure(gram + ["--kernel", "ntk"], status: 64, "no output", "--output K.npy")
    try expectFailure(gram + ["--kernel", "nkt", "--output", "/tmp/K.npy"], status: 64, "nkt")
    let complete = gram + ["--kernel", "ntk", "--output", "/tmp/infwidth-no-such-matrix.npy"]
    try expectFailure(complete + ["--memory", "much"], status: 64, "--memory much", "2GiB")
    try expectFailure(complete + ["--memory", "1MiB"], status: 64, "1 MiB", "at least")
    try expectFailure(complete + ["--shard", "3"], status: 64, "--shard '3'", "i/m")
    try expectFailure(complete + ["--shard", "3/2"], status: 64, "--shard '3/2'")
    try expectFailure(complete + ["--tile", "1"], status: 64, "--tile 1", "16")
    try expectFailure(
      ["gram", "--network", "no.yaml", "--data", "x", "--kernel", "ntk", "--output", "/tmp/K.npy"], status: 64,
      "no.yaml")
    try expectFailure(
      ["gram", "--network", "examples/deep-erf.yaml", "--data", "examples/inputs.csv", "--kernel", "ntk"]
        + ["--output", "/tmp/K.npy"], status: 65, "inputs.csv", "2 coordinates", "input-dimension is 3")
  }

  @Test func badData() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("X.npy")
      let gram =
        ["gram"] + network
        + ["--data", data.path, "--kernel", "ntk", "--output", folder.appendingPathComponent("K.npy").path]
      try expectFailure(gram, status: 65, "X.npy", "no such file")
      var rows = spiral(5)
      rows[3][1] = .nan
      try writeNPY(rows, to: data)
      try expectFailure(gram, status: 65, "X.npy", "point 4, coordinate 2 is nan")
      try writeNPY(spiral(5), to: data)
      let content = try Data(contentsOf: data)
      try content.dropLast(5).write(to: data)
      try expectFailure(gram, status: 65, "X.npy", "75 bytes", "80", "cut off")
      try (content + Data([0])).write(to: data)
      try expectFailure(gram, status: 65, "X.npy", "81 bytes", "follows")
      try content.prefix(40).write(to: data)
      try expectFailure(gram, status: 65, "X.npy", "cut off")
      try Data("PK\u{3}\u{4}".utf8).write(to: data)
      try expectFailure(gram, status: 65, "X.npy", "not an NPY file")
      try Data(NPYHeader(shape: [0, 2]).encoded).write(to: data)
      try expectFailure(gram, status: 65, "X.npy", "no points")
      var cube = NPYHeader(shape: [2, 2, 2])
      cube.isFortranOrder = true
      try Data(cube.encoded + [UInt8](repeating: 0, count: 64)).write(to: data)
      try expectFailure(gram, status: 65, "X.npy", "shape (2, 2, 2)", "(number of points, 2)")
      try writeNPY([[1, 2, 3]], to: data)
      try expectFailure(gram, status: 65, "X.npy", "3 coordinates", "input-dimension is 2")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["X.npy"], "nothing is left behind")
    }
  }

  @Test func badOutputs() throws {
    let gram = ["gram"] + network + ["--data", "examples/inputs.csv", "--kernel", "ntk"]
    try expectFailure(gram + ["--output", "no-such-folder/K.npy"], status: 74, "no-such-folder/K.npy", "no folder")
    try expectFailure(gram + ["--output", "Sources"], status: 74, "'Sources'", "folder")
    try expectFailure(gram + ["--output", ""], status: 74, "no name")
    try expectFailure(gram + ["--output", "/dev/full"], status: 74, "/dev/full", "regular file")
  }

  /// A limit on the size of files: an error, and nothing left.
  ///
  /// 1 is 1024 bytes; the matrix has 128 + 8 · 400.
  ///
  /// The thread sanitizer maps a file of its own before any program begins, and ends it with a bus error under such a limit.
  @Test(.disabled(if: CommandRunner.sanitizer == "thread", "the thread sanitizer needs larger files itself"))
  func limitOnFiles() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("X.npy")
      try writeNPY(spiral(20), to: data)
      let output = folder.appendingPathComponent("K.npy")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      let command = try CommandRunner.built().path
      process.arguments =
        ["-c", "ulimit -f 1; exec \"$@\"", "bash", command, "gram"] + network
        + ["--data", data.path, "--kernel", "ntk", "--output", output.path]
      process.currentDirectoryURL = CommandRunner.root
      let pipe = Pipe()
      process.standardError = pipe
      try process.run()
      process.waitUntilExit()
      let errors = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      #expect(process.terminationReason == .exit && process.terminationStatus == 74, "\(errors)")
      #expect(errors.contains("K.npy' cannot be written: File too large"), "\(errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["X.npy"])
    }
  }
}
