import Moments

/// The moments of laws, `infwidth/moments/1`.
public struct MomentReport: Sendable {
  /// The moments of one law.
  public struct Entry: Sendable {
    public let law: String
    /// `E[W^k]`, `k = 0 … order`.
    public let moments: [Quantity]
    /// `E[(W − E W)^k]`, if asked for.
    public let central: [Quantity]?
    /// `κ_k`, if asked for; `κ_0 = 0`.
    public let cumulants: [Quantity]?
  }

  public let entries: [Entry]

  /// - Parameters:
  ///   - laws: The laws, in order.
  ///   - order: The highest order, `≥ 0`.
  ///   - central: Whether central moments are wanted too.
  ///   - cumulants: Whether cumulants are wanted too.
  public init(laws: [any Law], order: Int, central: Bool = false, cumulants: Bool = false) {
    precondition(order >= 0, "moments have non-negative orders")
    entries = laws.map { law in
      Entry(
        law: law.description, moments: law.moments(upTo: order),
        central: central ? law.centralMoments(upTo: order) : nil,
        cumulants: cumulants ? law.cumulants(upTo: order) : nil)
    }
  }

  public var document: Document {
    Document(tables: entries.map(Self.table), records: records, json: json)
  }

  private static func table(_ entry: Entry) -> Table {
    var columns = [Column("k", kind: .number), Column("E[w^k]", kind: .quantity)]
    if entry.central != nil { columns.append(Column("E[(w - E w)^k]", kind: .quantity)) }
    if entry.cumulants != nil { columns.append(Column("cumulant", kind: .quantity)) }
    var table = Table(title: entry.law, columns: columns)
    for (order, moment) in entry.moments.enumerated() {
      var row: [Cell] = [.integer(order), .quantity(moment)]
      if let central = entry.central { row.append(.quantity(central[order])) }
      if let cumulants = entry.cumulants { row.append(.quantity(cumulants[order])) }
      table.append(row)
    }
    return table
  }

  /// One row for each law and order.
  public var records: Table {
    var columns = [Column("law"), Column("order", kind: .number), Column("value", kind: .quantity)]
    let central = entries.contains { $0.central != nil }
    let cumulants = entries.contains { $0.cumulants != nil }
    if central { columns.append(Column("central", kind: .quantity)) }
    if cumulants { columns.append(Column("cumulant", kind: .quantity)) }
    var table = Table(columns: columns)
    for entry in entries {
      for (order, moment) in entry.moments.enumerated() {
        var row: [Cell] = [.text(entry.law), .integer(order), .quantity(moment)]
        if central { row.append(entry.central.map { .quantity($0[order]) } ?? .missing) }
        if cumulants { row.append(entry.cumulants.map { .quantity($0[order]) } ?? .missing) }
        table.append(row)
      }
    }
    return table
  }

  private var json: JSONNode {
    func list(_ quantities: [Quantity]) -> JSONNode {
      .array(
        quantities.enumerated().map { order, quantity in
          .object([.init("order", .integer(order))] + JSONNode.members(of: quantity))
        })
    }
    let laws = entries.map { entry -> JSONNode in
      var members: [JSONNode.Member] = [.init("law", .string(entry.law)), .init("moments", list(entry.moments))]
      if let central = entry.central { members.append(.init("central", list(central))) }
      if let cumulants = entry.cumulants { members.append(.init("cumulants", list(cumulants))) }
      return .object(members)
    }
    return .object(("schema", .string("infwidth/moments/1")), ("laws", .array(laws)))
  }
}
