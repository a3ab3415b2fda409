import LimitKernels
import Moments
import Networks

/// The powers of the width in the NTK and in the function's own size, `infwidth/scaling/1`.
///
/// A coefficient that is exactly zero is shown as zero, without a power of N: its exponent is written as 0.
public struct ScalingReport: Sendable {
  public let kernels: KernelTable

  public init(_ kernels: KernelTable) { self.kernels = kernels }

  public var document: Document { Document(tables: [table], records: records, json: json) }

  // MARK: The rows

  private struct Line {
    var name: String
    var law: PowerLaw
  }

  private func lines(_ entry: KernelEntry) -> [Line] {
    [Line(name: "E f(x) f(y)", law: entry.nngpLaw), Line(name: "NTK", law: entry.ntkLaw)]
      + entry.groups.map { Line(name: "NTK \($0.parameter)", law: $0.law) }
  }

  /// `N^-1`; nothing where no power of N is there.
  private static func power(_ law: PowerLaw) -> String {
    law.verdict == .zero ? "none" : "N^\(law.exponent)"
  }

  /// The total's verdict in the three words of the interface: what is exactly zero has a finite limit.
  private static func verdict(_ law: PowerLaw) -> Verdict { law.verdict == .zero ? .finite : law.verdict }

  private static func exponent(_ law: PowerLaw) -> Rational { law.verdict == .zero ? 0 : law.exponent }

  private var table: Table {
    var table = Table(
      title: title,
      columns: [
        Column("x"), Column("y"), Column("quantity"), Column("power"), Column("coefficient", kind: .quantity),
        Column("verdict"),
      ])
    for entry in kernels.entries {
      for (index, line) in lines(entry).enumerated() {
        table.append([
          .text(index == 0 ? KernelReport.shown(entry.x) : ""), .text(index == 0 ? KernelReport.shown(entry.y) : ""),
          .text(line.name), .text(Self.power(line.law)), .quantity(line.law.coefficient),
          .text(line.law.verdict.rawValue),
        ])
      }
    }
    if let entry = kernels.entries.first(where: { $0.nngpLaw.verdict != .zero }) {
      let half = entry.nngpLaw.exponent / 2
      let size = half.isZero ? "of order 1" : "of order N^\(half)"
      table.notes.append("The function itself is \(size) at initialization: the root of E f(x) f(x).")
    }
    return table
  }

  private var title: String {
    let network = kernels.network
    let words: String
    switch network.parameterization {
    case .general(let a, let b, let c):
      func list(_ numbers: [ExactNumber]) -> String { "[\(numbers.map(\.description).joined(separator: ", "))]" }
      words = a.count <= 8 ? "exponents a \(list(a)), b \(list(b)), c \(c)" : "general exponents"
    default: words = "\(network.parameterization.name ?? "general") parameterization"
    }
    return "Powers of the width N\(network.name.map { " of \($0)" } ?? ""), \(words): coefficient times power"
  }

  private var records: Table {
    var table = Table(columns: [
      Column("x"), Column("y"), Column("quantity"), Column("exponent"), Column("coefficient", kind: .quantity),
      Column("verdict"),
    ])
    for entry in kernels.entries {
      for line in lines(entry) {
        table.append([
          .text(KernelReport.spelled(entry.x)), .text(KernelReport.spelled(entry.y)), .text(line.name),
          .text(Self.exponent(line.law).description), .quantity(line.law.coefficient),
          .text(line.law.verdict.rawValue),
        ])
      }
    }
    return table
  }

  // MARK: JSON

  private static func members(_ law: PowerLaw) -> [JSONNode.Member] {
    let exponent = exponent(law)
    var members: [JSONNode.Member] = [.init("exponent", .number(exponent.doubleValue))]
    if ExactNumber(exactly: exponent.doubleValue) != ExactNumber(exponent) {
      members.append(.init("exponentExact", .string(exponent.description)))
    }
    members.append(.init("coefficient", JSONNode(law.coefficient)))
    return members
  }

  private var json: JSONNode {
    let entries = kernels.entries.map { entry -> JSONNode in
      var members = JSONNode.members(of: entry.x, named: "x") + JSONNode.members(of: entry.y, named: "y")
      members.append(.init("verdict", .string(Self.verdict(entry.ntkLaw).rawValue)))
      members.append(.init("total", .object(Self.members(entry.ntkLaw))))
      members.append(.init("function", .object(Self.members(entry.nngpLaw))))
      members.append(
        .init(
          "groups",
          .array(
            entry.groups.map { group in
              .object(
                [.init("parameter", .string(group.parameter))] + Self.members(group.law) + [
                  .init("verdict", .string(group.law.verdict.rawValue))
                ])
            })))
      return .object(members)
    }
    return .object(
      ("schema", .string("infwidth/scaling/1")), ("network", JSONNode(network: kernels.network)),
      ("entries", .array(entries)))
  }
}
