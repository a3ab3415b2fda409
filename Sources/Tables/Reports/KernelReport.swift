import FiniteWidthTheory
import LimitKernels
import Moments
import Networks

/// A finite-width Monte Carlo estimate that stands next to the limit of one pair of points.
public struct SampledKernel: Sendable, Equatable {
  /// The mean of the sampled NTK; the error is one standard error.
  public var ntk: Quantity
  /// The mean of the sampled NNGP kernel.
  public var nngp: Quantity
  /// The parts of the parameter groups, in the order of the limit's.
  public var groups: [Quantity]

  public init(ntk: Quantity, nngp: Quantity, groups: [Quantity] = []) {
    self.ntk = ntk
    self.nngp = nngp
    self.groups = groups
  }
}

/// Finite-width estimates for all entries of a kernel table.
public struct KernelSample: Sendable, Equatable {
  public var width: Int
  public var networks: Int
  public var seed: UInt64
  /// One estimate for each entry, in order.
  public var kernels: [SampledKernel]

  public init(width: Int, networks: Int, seed: UInt64, kernels: [SampledKernel]) {
    self.width = width
    self.networks = networks
    self.seed = seed
    self.kernels = kernels
  }
}

/// The limiting kernels of a network, `infwidth/table/1`.
public struct KernelReport: Sendable {
  public let kernels: KernelTable
  /// What sampled networks gave, next to the limit.
  public let sample: KernelSample?
  /// What the theory says of networks of a finite width, next to the limit.
  public let prediction: WidthPrediction?

  public init(_ kernels: KernelTable, sample: KernelSample? = nil, prediction: WidthPrediction? = nil) {
    precondition(sample.map { $0.kernels.count == kernels.entries.count } ?? true, "one sampled kernel for each entry")
    precondition(
      prediction.map { $0.theory.entries.count == kernels.entries.count } ?? true, "one prediction for each entry")
    self.kernels = kernels
    self.sample = sample
    self.prediction = prediction
  }

  public var document: Document { Document(tables: [table], records: records, json: json) }

  // MARK: The rows

  /// One row of an entry: the quantity's name, its limit, and its sampled counterpart.
  private struct Line {
    var name: String
    /// nil in the line that stands for others.
    var limit: Quantity?
    var sampled: Quantity?
    var predicted: KernelPrediction?
    var isGroup = false
    var isGap = false
  }

  private func lines(_ index: Int) -> [Line] {
    let entry = kernels.entries[index]
    let sampled = sample?.kernels[index]
    let predicted = prediction?.theory.entries[index]
    var lines = [
      Line(name: "NNGP", limit: entry.nngp, sampled: sampled?.nngp, predicted: predicted?.nngp),
      Line(name: "NTK", limit: entry.ntk, sampled: sampled?.ntk, predicted: predicted?.ntk),
    ]
    for (position, group) in entry.groups.enumerated() {
      let part = sampled.flatMap { $0.groups.indices.contains(position) ? $0.groups[position] : nil }
      lines.append(
        Line(
          name: "NTK \(group.parameter)", limit: group.ntk, sampled: part, predicted: predicted?.groups[position],
          isGroup: true))
    }
    lines.append(Line(name: "1 - correlation NNGP", limit: Self.gap(entry.oneMinusCorrelation.nngp), isGap: true))
    lines.append(Line(name: "1 - correlation NTK", limit: Self.gap(entry.oneMinusCorrelation.ntk), isGap: true))
    return lines
  }

  /// The correlation gap, or why there is none.
  static func gap(_ gap: Quantity?) -> Quantity {
    gap
      ?? .undefined(
        reason: "a kernel that is zero, below the smallest double or not finite at x or y has no correlation")
  }

  /// A point as people read it: `-1`, `(1, 0)`.
  public static func shown(_ point: [ExactNumber]) -> String {
    let text = point.map(\.description).joined(separator: ", ")
    return point.count == 1 ? text : "(\(text))"
  }

  /// A point as `--at` reads it: `-1`, `1,0`.
  public static func spelled(_ point: [ExactNumber]) -> String {
    point.map(\.description).joined(separator: ",")
  }

  /// For people: a pair is named once, and the correlation is left out where x = y.
  private var table: Table {
    var columns = [Column("x"), Column("y"), Column("kernel"), Column("value", kind: .quantity)]
    if let sample {
      columns.append(Column("\(sample.networks) networks of width \(sample.width)", kind: .sampled))
    }
    if let prediction { columns += prediction.columns(kind: .value) }
    var table = Table(title: Self.title(of: kernels.network), columns: columns)
    for (index, entry) in kernels.entries.enumerated() {
      let shownLines = Self.shortened(lines(index).filter { !($0.isGap && entry.x == entry.y) })
      for (position, line) in shownLines.enumerated() {
        var row: [Cell] = [
          .text(position == 0 ? Self.shown(entry.x) : ""), .text(position == 0 ? Self.shown(entry.y) : ""),
          .text(line.name), line.limit.map { .quantity($0) } ?? .missing,
        ]
        if sample != nil { row.append(line.sampled.map { .quantity($0) } ?? .missing) }
        if let prediction { row += prediction.cells(line.predicted) }
        table.append(row)
      }
    }
    if let first = kernels.entries.first, first.groups.count > Self.shownGroups {
      table.notes.append("… \(first.groups.count - Self.shownGroups) groups more; --format csv and json have them all.")
    }
    if let prediction { table.notes += prediction.notes }
    if let sample {
      table.notes.append("Sampled values are means ± one standard error (seed \(sample.seed)); the others are limits.")
    }
    return table
  }

  /// More groups than this are abridged for people.
  private static let shownGroups = 40

  /// The first and the last groups of a deep network, and a line for what is between them.
  private static func shortened(_ lines: [Line]) -> [Line] {
    let groups = lines.indices.filter { lines[$0].isGroup }
    guard groups.count > shownGroups, let first = groups.first, let last = groups.last else { return lines }
    let half = shownGroups / 2
    return lines[..<(first + half)] + [Line(name: "…", limit: nil)] + lines[(last + 1 - half)...]
  }

  private static func title(of network: Network) -> String {
    var text = "Limiting kernels"
    if let name = network.name { text += " of \(name)" }
    var runs: [(layers: ClosedRange<Int>, summary: String)] = []
    for (index, layer) in network.layers.enumerated() {
      if let last = runs.last, last.summary == layer.summary {
        runs[runs.count - 1].layers = last.layers.lowerBound...(index + 1)
      } else {
        runs.append(((index + 1)...(index + 1), layer.summary))
      }
    }
    let lines = runs.map { run in
      let name =
        run.layers.count == 1
        ? "layer \(run.layers.lowerBound)" : "layers \(run.layers.lowerBound) to \(run.layers.upperBound)"
      return "\n  \(name): \(run.summary)"
    }
    let shown = lines.count <= 8 ? lines : lines.prefix(6) + ["\n  …", lines[lines.count - 1]]
    return text + shown.joined()
  }

  /// For programs: every row says which pair it belongs to.
  public var records: Table {
    var columns = [Column("x"), Column("y"), Column("quantity"), Column("value", kind: .quantity)]
    if sample != nil { columns.append(Column("sampled", kind: .sampled)) }
    if let prediction { columns += prediction.columns(kind: .quantity) }
    var table = Table(columns: columns)
    for (index, entry) in kernels.entries.enumerated() {
      for line in lines(index) {
        var row: [Cell] = [
          .text(Self.spelled(entry.x)), .text(Self.spelled(entry.y)), .text(line.name),
          line.limit.map { .quantity($0) } ?? .missing,
        ]
        if sample != nil { row.append(line.sampled.map { .quantity($0) } ?? .missing) }
        if let prediction { row += prediction.cells(line.predicted) }
        table.append(row)
      }
    }
    return table
  }

  // MARK: JSON

  private var json: JSONNode {
    let entries = kernels.entries.enumerated().map { index, entry -> JSONNode in
      var members = JSONNode.members(of: entry.x, named: "x") + JSONNode.members(of: entry.y, named: "y")
      members.append(.init("nngp", JSONNode(entry.nngp)))
      members.append(.init("ntk", JSONNode(entry.ntk)))
      let groups = entry.groups.map { group in
        JSONNode.object(("parameter", .string(group.parameter)), ("ntk", JSONNode(group.ntk)))
      }
      members.append(.init("groups", .array(groups)))
      members.append(
        .init(
          "oneMinusCorrelation",
          .object(
            ("nngp", JSONNode(Self.gap(entry.oneMinusCorrelation.nngp))),
            ("ntk", JSONNode(Self.gap(entry.oneMinusCorrelation.ntk))))))
      if let sampled = sample?.kernels[index] {
        members.append(
          .init("finiteWidth", .object(("nngp", JSONNode(sampled.nngp)), ("ntk", JSONNode(sampled.ntk)))))
      }
      if let prediction {
        members.append(.init("prediction", prediction.json(entry: index, groups: entry.groups.map(\.parameter))))
      }
      return .object(members)
    }
    var members: [JSONNode.Member] = [
      .init("schema", .string("infwidth/table/1")), .init("network", JSONNode(network: kernels.network)),
      .init("entries", .array(entries)),
    ]
    if let sample {
      members.append(
        .init(
          "finiteWidth",
          .object(
            ("width", .integer(sample.width)), ("networks", .integer(sample.networks)),
            ("seed", JSONNode(seed: sample.seed)))))
    }
    if let prediction { members.append(.init("prediction", prediction.json)) }
    return .object(members)
  }
}

extension JSONNode {
  /// A seed: a number where it fits, or its digits.
  public init(seed: UInt64) { self = Int(exactly: seed).map { .integer($0) } ?? .string(String(seed)) }

  /// A network under the keys of its file; reading it back gives the same network.
  public init(network: Network) { self.init(network.configuration) }

  private init(_ value: ConfigurationValue) {
    switch value {
    case .text(let text): self = .string(text)
    case .integer(let number): self = .integer(number)
    case .list(let items): self = .array(items.map { JSONNode($0) })
    case .mapping(let entries): self = .object(entries.map { Member($0.key, JSONNode($0.value)) })
    }
  }
}
