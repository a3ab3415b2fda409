/// Why the file of a study cannot be used.
public enum StudyFileError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// The file is something else.
  case foreign(path: String)
  case damaged(path: String, problem: String)
  case version(path: String, found: String, expected: String)
  /// The file belongs to another study.
  case mismatch(path: String, difference: String)
  case unwritable(path: String, reason: String)
  /// Two files to be merged hold the same network.
  case overlap(path: String, width: Int, network: Int)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): return "'\(path)' cannot be read: \(reason)."
    case .foreign(let path):
      return "'\(path)' is not the checkpoint of a study; it is left as it is. Name another file for --checkpoint."
    case .damaged(let path, let problem):
      return "The checkpoint '\(path)' is damaged: \(problem). It is left as it is: take a copy, or another name."
    case .version(let path, let found, let expected):
      return "The checkpoint '\(path)' was written by another version (\(found), not \(expected)). "
        + "Continue it with that version, or take another name."
    case .mismatch(let path, let difference):
      return "'\(path)' belongs to another study: \(difference). It is left as it is: take another name."
    case .unwritable(let path, let reason):
      return "'\(path)' cannot be written: \(reason). Name a file in a folder where you may write."
    case .overlap(let path, let width, let network):
      return "'\(path)' holds network \(network) of width \(width), which another file holds as well. "
        + "Merge each shard once."
    }
  }
}

extension StudyState {
  /// Continues what a file holds, or begins anew where there is no file.
  ///
  /// The file may ask for fewer networks than this study; it must not hold any that the study does not draw.
  ///
  /// - Throws: ``StudyFileError`` if the file is not one of this study; it is never changed then.
  public static func resuming(_ study: WidthStudy, from path: String) throws(StudyFileError) -> StudyState {
    try AtomicFile.check(path)
    let stored: StudyState
    do { stored = try StudyFile.read(path) } catch {
      if case .unreadable(_, "there is no such file") = error { return StudyState(study) }
      throw error
    }
    if let difference = study.difference(from: stored.study) {
      throw .mismatch(path: path, difference: difference)
    }
    var state = StudyState(study.taking(references: stored.study.references))
    state.forests = stored.forests
    if stored.study.plan == study.plan {
      state.goals = stored.goals
    } else if case .standardErrors = study.plan {
      state.goals = zip(state.goals, stored.goals).map { max($0, $1) }
    }
    for (index, forest) in stored.forests.enumerated() {
      let range = study.shard.range(of: state.goals[index])
      if let node = forest.nodes.first(where: { $0.range.clamped(to: range) != $0.range }) {
        let outside = node.range.first { !range.contains($0) } ?? node.start
        throw .mismatch(
          path: path,
          difference: "it holds network \(outside) of width \(study.widths[index]), this study draws "
            + "\(range.lowerBound) to \(range.upperBound - 1)")
      }
    }
    return state
  }

  /// Joins the shards of one study, in any order.
  ///
  /// - Parameter files: Names for messages, and the states.
  /// - Throws: ``StudyFileError/mismatch(path:difference:)`` if they belong to different studies,
  ///   ``StudyFileError/overlap(path:width:network:)`` if they share a network.
  public static func merging(_ files: [(path: String, state: StudyState)]) throws(StudyFileError) -> StudyState {
    precondition(!files.isEmpty, "there is something to merge")
    // The order of the shards, so that nothing depends on that of the files.
    let files = files.sorted { a, b in
      let (p, q) = (a.state.study.shard, b.state.study.shard)
      return (p.index, p.count, a.path) < (q.index, q.count, b.path)
    }
    var merged = files[0].state
    for file in files.dropFirst() {
      let other = file.state
      if let difference = merged.study.difference(from: other.study) {
        throw .mismatch(path: file.path, difference: difference)
      }
      for (index, forest) in other.forests.enumerated() {
        if let network = merged.forests[index].insert(forest) {
          throw .overlap(path: file.path, width: merged.study.widths[index], network: network)
        }
      }
      merged.goals = zip(merged.goals, other.goals).map { max($0, $1) }
    }
    merged.study = merged.study.whole
    return merged
  }
}

extension WidthStudy {
  /// In what the networks of two studies differ; nil if they are the same ones.
  func difference(from other: WidthStudy) -> String? {
    if network != other.network { return "its network is another one" }
    if points != other.points { return "its points are other ones" }
    if widths != other.widths {
      return "its widths are \(other.widths.map(String.init).joined(separator: ",")), "
        + "not \(widths.map(String.init).joined(separator: ","))"
    }
    if seed != other.seed { return "its seed is \(other.seed), not \(seed)" }
    let same =
      references.count == other.references.count
      && zip(references, other.references).allSatisfy { $0.agrees(with: $1) }
    return same ? nil : "the limits that its errors are measured from are other ones"
  }

  /// The same study with the limits of a file, which may differ in the last digits.
  func taking(references: [GramReference]) -> WidthStudy {
    WidthStudy(copying: self, shard: shard, references: references)
  }

  /// The study of all shards.
  var whole: WidthStudy { WidthStudy(copying: self, shard: .whole, references: references) }
}
