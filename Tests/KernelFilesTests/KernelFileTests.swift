import Activations
import Foundation
import Gram
import KernelFiles
import LinearAlgebra
import Moments
import Networks
import Testing

/// A folder that is removed afterwards.
private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

private func network(_ activation: String = "relu", depth: Int = 2, dimension: Int = 3) throws -> Network {
  let activation = try ActivationRegistry.activation(parsing: activation)
  let hidden = DenseLayer(weights: try NormalLaw(), bias: try NormalLaw(), activation: activation)
  return try Network(
    inputDimension: dimension,
    layers: [DenseLayer](repeating: hidden, count: depth) + [DenseLayer(weights: try NormalLaw())])
}

private func rows(_ count: Int, dimension: Int = 3, seed: UInt64 = 1) -> RowFile {
  var random = RandomStream(seed: seed, stream: 0)
  let elements = (0..<(count * dimension)).map { _ in random.normal() }
  return RowFile(count: count, dimension: dimension, elements: elements)
}

private func list(_ file: RowFile) throws -> [[Double]] {
  try (0..<file.count).map { try file.rows($0..<($0 + 1)) }
}

private func array(_ url: URL) throws -> NPYArray { try NPYArray(Data(contentsOf: url)) }

private func settings(tile: Int, threads: Int = 1, type: NPYHeader.ElementType = .float64) -> KernelFile.Settings {
  KernelFile.Settings(elementType: type, tileSize: tile, threads: threads)
}

/// What is in the folder.
private func names(_ folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

@Suite struct KernelFileTests {
  @Test(arguments: [3, 5, 16, 100])
  func symmetricMatrix(tile: Int) throws {
    let (network, inputs) = (try network(), rows(21))
    let expected = try GramMatrix(network, try list(inputs))
    try withFolder { folder in
      let url = folder.appendingPathComponent("K.npy")
      let file = KernelFile(
        network, rows: inputs, kinds: [.ntk, .nngp], path: url.path, settings: settings(tile: tile, threads: 2))
      let summary = try file.run()
      #expect(summary.isComplete && summary.foundTiles == 0 && summary.shape == [2, 21, 21])
      #expect(try names(folder) == ["K.npy"])
      let values = try array(url)
      #expect(values.shape == [2, 21, 21])
      let (nngp, ntk) = (try #require(expected.nngp), try #require(expected.ntk))
      for i in 0..<21 {
        for j in 0..<21 {
          for (layer, kernel) in [nngp, ntk].enumerated() {
            let value = values.values[(layer * 21 + i) * 21 + j]
            #expect(value == values.values[(layer * 21 + j) * 21 + i], "symmetric to the last bit")
            // Blocks of another shape may be summed in another order.
            #expect((value - kernel[i, j]).magnitude <= 1e-14 * (kernel[i, i] * kernel[j, j]).squareRoot())
          }
        }
      }
    }
  }

  @Test func rectangularMatrix() throws {
    let (network, test, train) = (try network("erf"), rows(7, seed: 2), rows(12))
    let expected = try #require(try GramMatrix(network, try list(test), columns: try list(train), kinds: [.ntk]).ntk)
    try withFolder { folder in
      let url = folder.appendingPathComponent("K.npy")
      _ = try KernelFile(
        network, rows: test, columns: train, kinds: [.ntk], path: url.path, settings: settings(tile: 5)
      ).run()
      let values = try array(url)
      #expect(values.shape == [7, 12])
      for (value, truth) in zip(values.values, expected.elements) {
        #expect((value - truth).magnitude <= 1e-14 * max(1, truth.magnitude) * 10)
      }
    }
  }

  @Test func singlePrecision() throws {
    try withFolder { folder in
      let inputs = rows(9)
      for type in NPYHeader.ElementType.allCases {
        let url = folder.appendingPathComponent(type.rawValue)
        _ = try KernelFile(
          try network(), rows: inputs, kinds: [.nngp], path: url.path, settings: settings(tile: 4, type: type)
        ).run()
      }
      let double = try array(folder.appendingPathComponent("f8")).values
      let single = try array(folder.appendingPathComponent("f4")).values
      #expect(single == double.map { Double(Float($0)) })
      #expect(try Data(contentsOf: folder.appendingPathComponent("f4")).count == 128 + 4 * 81)
    }
  }

  /// One process, other numbers of threads, shards in any order, and a resumed run write the same bytes.
  @Test func sameBytes() throws {
    let (network, inputs) = (try network("erf"), rows(23))
    try withFolder { folder in
      func file(_ name: String, threads: Int = 1) -> (KernelFile, URL) {
        let url = folder.appendingPathComponent(name)
        return (
          KernelFile(
            network, rows: inputs, kinds: [.ntk], path: url.path, settings: settings(tile: 4, threads: threads)), url
        )
      }
      let (whole, first) = file("whole")
      _ = try whole.run()
      let expected = try Data(contentsOf: first)
      let (threaded, second) = file("threads", threads: 3)
      _ = try threaded.run()
      #expect(try Data(contentsOf: second) == expected)

      let (shared, third) = file("shards")
      for index in [2, 0, 3] {
        let summary = try shared.run(shard: Shard(index: index, count: 4))
        #expect(!summary.isComplete && summary.foundTiles == 0)
        #expect(!FileManager.default.fileExists(atPath: third.path))
      }
      // A shard that has been run already finds its tiles.
      let again = try shared.run(shard: Shard(index: 3, count: 4))
      #expect(again.foundTiles == again.shardTiles && again.shardTiles > 0)
      #expect(try shared.run(shard: Shard(index: 1, count: 4)).isComplete)
      #expect(try Data(contentsOf: third) == expected)

      let (killed, fourth) = file("killed")
      _ = try killed.run(shard: Shard(index: 1, count: 3))
      let resumed = try killed.run(resume: true)
      #expect(resumed.isComplete && resumed.foundTiles == 7 && resumed.tiles == 21)
      #expect(try Data(contentsOf: fourth) == expected)
      // Resuming what is finished computes one tile to see that it is this matrix.
      #expect(try killed.run(resume: true).foundTiles == 21)
      #expect(try names(folder) == ["killed", "shards", "threads", "whole"])
    }
  }

  /// Sixteen processes' worth of shards at the same time, from creation to the name.
  @Test func concurrentShards() throws {
    let (network, inputs) = (try network(), rows(40))
    try withFolder { folder in
      let url = folder.appendingPathComponent("K.npy")
      let file = KernelFile(network, rows: inputs, kinds: [.nngp], path: url.path, settings: settings(tile: 5))
      let failures = FailureList()
      DispatchQueue.concurrentPerform(iterations: 16) { index in
        do { _ = try file.run(shard: Shard(index: index, count: 16)) } catch { failures.append("\(error)") }
      }
      #expect(failures.all == [])
      #expect(try names(folder) == ["K.npy"])
      let single = folder.appendingPathComponent("S.npy")
      _ = try KernelFile(network, rows: inputs, kinds: [.nngp], path: single.path, settings: settings(tile: 5)).run()
      #expect(try Data(contentsOf: url) == Data(contentsOf: single))
    }
  }

  @Test func othersJournals() throws {
    let inputs = rows(10)
    try withFolder { folder in
      let path = folder.appendingPathComponent("K.npy").path
      func file(
        _ network: Network, _ inputs: RowFile = inputs, _ kinds: Set<KernelKind> = [.ntk], tile: Int = 4,
        type: NPYHeader.ElementType = .float64, columns: RowFile? = nil
      ) -> KernelFile {
        KernelFile(
          network, rows: inputs, columns: columns, kinds: kinds, path: path, settings: settings(tile: tile, type: type))
      }
      let begun = try network()
      _ = try file(begun).run(shard: Shard(index: 0, count: 2))
      let partial = path + ".partial"
      #expect(throws: KernelFileError.unfinished(path: partial)) { try file(begun).run() }
      let cases: [(KernelFile, [String])] = [
        (file(try network("erf")), ["its network differs"]),
        (file(begun, rows(10, seed: 3)), ["its data differs"]),
        (file(begun, inputs, [.nngp]), ["its kernel is ntk, not nngp"]),
        (file(begun, tile: 5), ["its tile size is 4, not 5"]),
        (file(begun, type: .float32), ["its element type is f8, not f4"]),
        (file(begun, columns: inputs), ["its other data differs"]),
      ]
      for (other, differences) in cases {
        for resume in [true, false] {
          #expect(throws: KernelFileError.foreign(path: partial, differences: differences)) {
            try other.run(shard: resume ? nil : Shard(index: 1, count: 2), resume: resume)
          }
        }
      }
      // The name of a network is not part of what it is.
      var named = begun
      named.name = "another name"
      #expect(try file(named).run(shard: Shard(index: 0, count: 2)).foundTiles > 0)

      // Damage.
      let journal = URL(fileURLWithPath: path + ".journal")
      let content = try Data(contentsOf: journal)
      try (content.dropLast(3) + Data("x.\n".utf8)).write(to: journal)
      expectMessage("the mark of tile 5 is neither # nor .") { try file(begun).run(resume: true) }
      try content.dropLast(2).write(to: journal)
      expectMessage("bytes where") { try file(begun).run(resume: true) }
      try Data("hello\n".utf8).write(to: journal)
      expectMessage("is not a journal's") { try file(begun).run(resume: true) }
      try content.write(to: journal)
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: partial))
      expectMessage("not the array that its journal describes") { try file(begun).run(resume: true) }
      try FileManager.default.removeItem(atPath: partial)
      expectMessage("is not there") { try file(begun).run(resume: true) }
    }
  }

  @Test func finishedMatrices() throws {
    let (network, inputs) = (try network(), rows(6))
    try withFolder { folder in
      let url = folder.appendingPathComponent("K.npy")
      func file(_ inputs: RowFile) -> KernelFile {
        KernelFile(network, rows: inputs, kinds: [.ntk], path: url.path, settings: settings(tile: 4))
      }
      _ = try file(inputs).run()
      let old = try Data(contentsOf: url)
      // A shard that is late, or run again, finds its work done.
      #expect(try file(inputs).run(shard: Shard(index: 0, count: 2)).isComplete)
      #expect(try file(inputs).run(shard: Shard(index: 0, count: 9)).shardTiles == 0)
      // Shards do not replace another matrix, one process does, and only when it is done.
      #expect(throws: KernelFileError.finished(path: url.path)) {
        try file(rows(6, seed: 9)).run(shard: Shard(index: 0, count: 2))
      }
      expectMessage("holds other values") { try file(rows(6, seed: 9)).run(resume: true) }
      #expect(try Data(contentsOf: url) == old)
      _ = try file(rows(6, seed: 9)).run()
      #expect(try Data(contentsOf: url) != old)
      // A link keeps leading where it leads.
      let link = folder.appendingPathComponent("link.npy")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: url)
      _ = try KernelFile(network, rows: inputs, kinds: [.ntk], path: link.path, settings: settings(tile: 4)).run()
      #expect(try Data(contentsOf: url) == old)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path).hasSuffix("K.npy"))
    }
  }

  @Test func unwritableOutputs() throws {
    let (network, inputs) = (try network(), rows(3))
    func run(_ path: String, _ inputs: RowFile = inputs) throws {
      _ = try KernelFile(network, rows: inputs, kinds: [.ntk], path: path, settings: settings(tile: 1024)).run()
    }
    expectMessage("has no name") { try run("") }
    expectMessage("a device or a pipe") { try run("/dev/full") }
    expectMessage("no folder '/no-such-folder'") { try run("/no-such-folder/K.npy") }
    try withFolder { folder in
      expectMessage("it is a folder") { try run(folder.path) }
      // Eight terabytes and more, of which nothing is written, and nothing left.
      let large = RowFile(count: 1_100_000, dimension: 3, elements: [Double](repeating: 1, count: 3_300_000))
      let error = try #require(throws: KernelFileError.self) {
        try run(folder.appendingPathComponent("K.npy").path, large)
      }
      #expect("\(error)".contains("8.8 TiB") || "\(error)".contains("File too large"), "\(error)")
      #expect(try names(folder) == [])
    }
  }

  @Test func memory() throws {
    let (network, inputs) = (try network(), rows(3))
    try withFolder { folder in
      let path = folder.appendingPathComponent("K.npy").path
      var little = KernelFile.Settings(memory: 1 << 20)
      let error = try #require(throws: KernelFileError.self) {
        try KernelFile(network, rows: inputs, kinds: [.ntk], path: path, settings: little).run()
      }
      guard case .memory(_, let needed) = error else {
        Issue.record("\(error)")
        return
      }
      // What the message asks for suffices.
      little.memory = needed
      #expect(try KernelFile(network, rows: inputs, kinds: [.ntk], path: path, settings: little).run().isComplete)
    }
  }

  @Test func badRows() throws {
    var elements = [Double](repeating: 1, count: 30)
    elements[14] = .nan
    let inputs = RowFile(count: 10, dimension: 3, elements: elements)
    try withFolder { folder in
      let path = folder.appendingPathComponent("K.npy").path
      let file = KernelFile(try network(), rows: inputs, kinds: [.ntk], path: path, settings: settings(tile: 4))
      let error = try #require(throws: PointsError.self) { try file.run() }
      #expect("\(error)" == "the data: point 5, coordinate 3 is nan. Coordinates must be finite numbers.")
      #expect(try names(folder) == [], "the data are read before the output is begun")
    }
  }
}

private func expectMessage(
  _ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Any
) {
  do {
    _ = try body()
    Issue.record("no error", sourceLocation: sourceLocation)
  } catch {
    #expect("\(error)".contains(words), "\(error)", sourceLocation: sourceLocation)
  }
}

private final class FailureList: @unchecked Sendable {
  // Touched with the lock held.
  private let lock = NSLock()
  private var texts: [String] = []
  func append(_ text: String) { lock.withLock { texts.append(text) } }
  var all: [String] { lock.withLock { texts } }
}
