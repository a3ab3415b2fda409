import KernelFiles
import Testing

@Suite struct TileGridTests {
  @Test(arguments: [
    (1, 1, 4), (4, 4, 4), (5, 5, 4), (13, 13, 4), (16, 16, 5), (7, 7, 100), (23, 23, 1),
  ])
  func symmetricTilesCoverTheMatrixOnce(rows: Int, columns: Int, size: Int) {
    let grid = TileGrid(rows: rows, columns: columns, size: size, isSymmetric: true)
    var covered = [Int](repeating: 0, count: rows * columns)
    for index in 0..<grid.count {
      let tile = grid[index]
      #expect(tile.index == index && tile.blockRow <= tile.blockColumn)
      for i in tile.rows {
        for j in tile.columns {
          covered[i * columns + j] += 1
          if tile.blockRow != tile.blockColumn { covered[j * columns + i] += 1 }
        }
      }
    }
    #expect(covered.allSatisfy { $0 == 1 })
  }

  @Test(arguments: [(1, 9, 4), (9, 1, 4), (10, 7, 3), (4, 12, 4), (5, 5, 2)])
  func rectangularTilesCoverTheMatrixOnce(rows: Int, columns: Int, size: Int) {
    let grid = TileGrid(rows: rows, columns: columns, size: size, isSymmetric: false)
    var covered = [Int](repeating: 0, count: rows * columns)
    for index in 0..<grid.count {
      for i in grid[index].rows {
        for j in grid[index].columns { covered[i * columns + j] += 1 }
      }
    }
    #expect(covered.allSatisfy { $0 == 1 })
  }

  /// Neighbours share a row or a column of blocks, so that inputs are read seldom.
  @Test(arguments: [true, false])
  func neighboursShareInputs(isSymmetric: Bool) {
    let grid = TileGrid(rows: 40, columns: 40, size: 4, isSymmetric: isSymmetric)
    for index in 1..<grid.count {
      let (a, b) = (grid[index - 1], grid[index])
      #expect(a.blockRow == b.blockRow || a.blockColumn == b.blockColumn || a.blockColumn + 1 == b.blockColumn)
    }
  }
}

@Suite struct ShardTests {
  @Test(arguments: [(0, 1), (1, 1), (10, 3), (3, 10), (1_000_000, 7), (Int.max / 4, 1_000_000)])
  func shardsAreDisjointAndCover(total: Int, count: Int) {
    var next = 0
    for index in 0..<min(count, 1000) {
      let tiles = Shard(index: index, count: count).tiles(of: total)
      #expect(tiles.lowerBound == next)
      #expect((total / count...total / count + 1).contains(tiles.count))
      next = tiles.upperBound
    }
    if count <= 1000 { #expect(next == total) }
    #expect(Shard(index: count - 1, count: count).tiles(of: total).upperBound == total)
  }

  /// Both ways of counting name every shard once.
  @Test func counting() throws {
    let fromZero = try ["0/3", "1/3", "2/3"].map { try Shard(parsing: $0).index }
    let fromOne = try ["1/3", "2/3", "3/3"].map { try Shard(parsing: $0).index }
    #expect(Set(fromZero) == [0, 1, 2] && Set(fromOne) == [0, 1, 2])
    #expect(try Shard(parsing: "1/1") == .whole)
  }

  @Test(arguments: ["", "1", "/", "1/", "/2", "4/3", "-1/3", "1/0", "1/2/3", "a/b", "1.5/2", "1/1000001", " 1/2"])
  func wrongTexts(text: String) {
    #expect(throws: KernelFileError.shard(text)) { try Shard(parsing: text) }
  }

  @Test func message() {
    #expect(
      KernelFileError.shard("5/3").description
        == "'5/3' is no shard. Write i/m, the i-th of m processes, i from 0 to m - 1 or from 1 to m, or auto under a launcher."
    )
  }
}

@Suite struct LauncherTests {
  @Test(arguments: [
    (["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4"], 1, 4),
    (["PMI_RANK": "0", "PMI_SIZE": "2"], 0, 2),
    (["PMIX_RANK": "3", "SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "3"], 3, 8),
    (["SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "3", "SLURM_NTASKS": "3"], 2, 3),
    (
      [
        "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "10",
        "SLURM_ARRAY_TASK_COUNT": "10",
      ], 6, 10
    ),
    (
      [
        "SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "6",
        "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_STEP": "2",
        // The batch script of a task: one process, whatever was allocated.
        "SLURM_PROCID": "0", "SLURM_NTASKS": "16",
      ], 2, 4
    ),
    // A task of an array that is parallel in itself.
    (
      [
        "SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "2",
        "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2",
      ], 3, 6
    ),
    // mpirun within Slurm: the daemon's step is not the process's.
    (
      [
        "OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "8", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2",
        "PMIX_RANK": "5",
      ], 5, 8
    ),
  ])
  func environments(environment: [String: String], index: Int, count: Int) throws {
    #expect(try Shard(launcherEnvironment: environment) == Shard(index: index, count: count))
  }

  @Test(
    arguments: [
      ([:], "no launcher has started this process"),
      // A batch script without srun: one process that must not take itself for the first of sixteen.
      (["SLURM_PROCID": "0", "SLURM_NTASKS": "16"], "no launcher has started this process"),
      (["OMPI_COMM_WORLD_RANK": "1"], "OMPI_COMM_WORLD_SIZE is not set"),
      (["PMI_RANK": "2", "PMI_SIZE": "2"], "PMI_RANK is 2 and PMI_SIZE is 2"),
      (["PMIX_RANK": "0"], "no variable tells the number of processes"),
      (["OMPI_COMM_WORLD_RANK": "x", "OMPI_COMM_WORLD_SIZE": "4"], "OMPI_COMM_WORLD_RANK is 'x', not a number"),
      (
        [
          "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "7",
          "SLURM_ARRAY_TASK_COUNT": "3",
        ], "not evenly numbered"
      ),
    ] as [([String: String], String)])
  func unusableEnvironments(environment: [String: String], words: String) throws {
    let error = try #require(throws: KernelFileError.self) { try Shard(launcherEnvironment: environment) }
    #expect(error.description.contains(words) && error.description.contains("--shard i/m"), "\(error)")
  }
}

@Suite struct ByteCountTests {
  @Test(arguments: [
    ("1", 1), ("100", 100), ("2GiB", 2 << 30), ("1.5 GiB", 3 << 29), ("500MB", 500_000_000), ("64m", 64 << 20),
    ("1K", 1024), ("1TiB", 1 << 40), ("3 kb", 3000),
  ])
  func texts(text: String, bytes: Int) { #expect(ByteCount(parsing: text)?.bytes == bytes) }

  @Test(arguments: ["", "GiB", "-1", "1e3", "1 X", "0", "0.1", "nan", "1.2.3", "99999999999TiB"])
  func wrongTexts(text: String) { #expect(ByteCount(parsing: text) == nil) }

  @Test(arguments: [(1, "1 byte"), (1024, "1 KiB"), (3 << 29, "1.5 GiB"), (1_000_000, "976.56 KiB")])
  func descriptions(bytes: Int, text: String) { #expect(ByteCount(bytes).description == text) }
}
