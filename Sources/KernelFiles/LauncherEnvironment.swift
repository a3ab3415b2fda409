/// What a launcher of parallel programs tells each of its processes through environment variables.
///
/// - Open MPI: `OMPI_COMM_WORLD_RANK` and `OMPI_COMM_WORLD_SIZE`.
/// - PMI, as MPICH's Hydra and Intel MPI set it: `PMI_RANK` and `PMI_SIZE`.
/// - PMIx: `PMIX_RANK`; PMIx keeps the size out of the environment, so it is Slurm's, if Slurm launched the step.
/// - A Slurm job step (`srun`): `SLURM_PROCID` and `SLURM_STEP_NUM_TASKS`. In a batch script that no `srun` started,
///   `SLURM_PROCID` is 0 and `SLURM_NTASKS` may exceed 1 although there is one process: these two are not believed.
/// - A Slurm job array: `SLURM_ARRAY_TASK_ID`, `_MIN`, `_MAX`, `_STEP`, `_COUNT`. A task of an array may be parallel in
///   itself; its processes are then counted one task after the other.
///
/// MPI comes before Slurm's step, because `mpirun` inside Slurm starts one daemon per node as a step, and the
/// processes inherit the daemon's variables.
enum LauncherEnvironment {
  /// The shard of this process.
  ///
  /// - Throws: ``KernelFileError/launcher(_:)`` where no launcher is found, or where it tells too little.
  static func shard(in environment: [String: String]) throws(KernelFileError) -> Shard {
    let process = try processOfStep(environment)
    let task = try taskOfArray(environment)
    switch (task, process) {
    case (let task?, let process?):
      let (count, overflow) = task.count.multipliedReportingOverflow(by: process.count)
      guard !overflow, count <= Shard.maximumCount else {
        throw .launcher("the job array has \(task.count) tasks of \(process.count) processes, more than can be counted")
      }
      return Shard(index: task.index * process.count + process.index, count: count)
    case (let shard?, nil), (nil, let shard?): return shard
    case (nil, nil):
      throw .launcher(
        "no launcher has started this process: neither OMPI_COMM_WORLD_RANK, PMI_RANK, PMIX_RANK, SLURM_STEP_NUM_TASKS "
          + "nor SLURM_ARRAY_TASK_ID is set")
    }
  }

  private static func processOfStep(_ environment: [String: String]) throws(KernelFileError) -> Shard? {
    for (rank, size) in [("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE")]
    where environment[rank] != nil {
      return try shard(rank: rank, size: size, environment)
    }
    if environment["PMIX_RANK"] != nil {
      guard environment["SLURM_STEP_NUM_TASKS"] != nil else {
        throw .launcher("PMIX_RANK is set, but no variable tells the number of processes")
      }
      return try shard(rank: "PMIX_RANK", size: "SLURM_STEP_NUM_TASKS", environment)
    }
    guard environment["SLURM_STEP_NUM_TASKS"] != nil else { return nil }
    return try shard(rank: "SLURM_PROCID", size: "SLURM_STEP_NUM_TASKS", environment)
  }

  private static func taskOfArray(_ environment: [String: String]) throws(KernelFileError) -> Shard? {
    guard environment["SLURM_ARRAY_TASK_ID"] != nil else { return nil }
    let id = try number("SLURM_ARRAY_TASK_ID", environment)
    let first = try number("SLURM_ARRAY_TASK_MIN", environment)
    let last = try number("SLURM_ARRAY_TASK_MAX", environment)
    let count = try number("SLURM_ARRAY_TASK_COUNT", environment)
    let step = environment["SLURM_ARRAY_TASK_STEP"] == nil ? 1 : try number("SLURM_ARRAY_TASK_STEP", environment)
    guard step >= 1, first <= id, id <= last, (id - first).isMultiple(of: step), (last - first) / step + 1 == count,
      count <= Shard.maximumCount
    else {
      throw .launcher(
        "the job array (task \(id), from \(first) to \(last) in steps of \(step), \(count) in all) is not evenly numbered"
      )
    }
    return Shard(index: (id - first) / step, count: count)
  }

  private static func shard(
    rank: String, size: String, _ environment: [String: String]
  ) throws(KernelFileError) -> Shard {
    let (index, count) = (try number(rank, environment), try number(size, environment))
    guard (1...Shard.maximumCount).contains(count), index < count else {
      throw .launcher("\(rank) is \(index) and \(size) is \(count)")
    }
    return Shard(index: index, count: count)
  }

  private static func number(_ name: String, _ environment: [String: String]) throws(KernelFileError) -> Int {
    guard let text = environment[name] else { throw .launcher("\(name) is not set") }
    guard let value = Int(text), value >= 0 else { throw .launcher("\(name) is '\(text.prefix(40))', not a number") }
    return value
  }
}

extension Shard {
  /// The shard that the launcher's environment variables give this process: Open MPI, PMI, PMIx, a Slurm step, a Slurm
  /// array, or a step in an array.
  ///
  /// - Throws: ``KernelFileError/launcher(_:)``.
  public init(launcherEnvironment environment: [String: String]) throws(KernelFileError) {
    self = try LauncherEnvironment.shard(in: environment)
  }
}
