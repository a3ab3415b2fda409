import LimitKernels
import Moments
import Networks
import Tables

/// The fixture as a report: tables for people, CSV rows, and `infwidth/expect/1`.
extension ExpectationFixture {
  /// The JSON text of `infwidth/expect/1`.
  public func jsonText(generator: String) -> String { json(generator: generator).text + "\n" }

  public func document(generator: String) -> Document {
    Document(tables: [table(forPeople: true)], records: table(forPeople: false), json: json(generator: generator))
  }

  // MARK: Tables

  private func table(forPeople: Bool) -> Table {
    var columns: [Column] = request.finite == nil ? [] : [Column("width", kind: .number)]
    columns.append(Column("kernel"))
    if !forPeople { columns += [Column("i", kind: .number), Column("j", kind: .number)] }
    columns += [Column("x"), Column("y")]
    let kind: ColumnKind = forPeople ? .value : .quantity
    if request.finite == nil {
      columns += [
        Column("value", kind: kind), Column("power of N", key: "exponent"), Column("tolerance", kind: .number),
      ]
    } else {
      columns += [
        Column("mean", kind: kind), Column("standard deviation", kind: kind), Column("theory"),
        Column("tolerance", kind: .number), Column("detectable", kind: .number),
      ]
    }
    var table = Table(title: title, columns: columns)
    func point(_ index: Int) -> Cell {
      .text(forPeople ? KernelReport.shown(points[index]) : KernelReport.spelled(points[index]))
    }
    /// An error of a tolerance in its third digit changes no verdict; rounded up, it stays one.
    func shown(_ number: Double) -> Cell { forPeople ? .text(NumberText.error(number)) : .number(number) }
    func places(_ i: Int, _ j: Int) -> [Cell] {
      (forPeople ? [] : [.integer(i), .integer(j)]) + [point(i), point(j)]
    }
    if request.finite == nil {
      for limit in limits {
        table.append(
          [.text(limit.kernel.name)] + places(limit.i, limit.j)
            + [.quantity(.finite(limit.coefficient)), .text("\(limit.exponent)"), shown(limit.tolerance)])
      }
    } else {
      for entry in finite {
        table.append(
          [.integer(entry.width), .text(entry.kernel.name)] + places(entry.i, entry.j) + [
            .quantity(.finite(entry.mean)), .quantity(.finite(entry.standardDeviation)), .text(entry.theory.rawValue),
            shown(entry.tolerance), shown(entry.detectable),
          ])
      }
    }
    guard forPeople else { return table }
    table.notes = warnings.map { "Warning: \($0)" } + notes
    return table
  }

  private var title: String {
    let name = network.name.map { " of \($0)" } ?? ""
    guard let finite = request.finite else { return "Expected kernels\(name), infinite width" }
    return "Expected kernels\(name), averages of \(finite.samples) networks"
  }

  private var notes: [String] {
    guard let finite = request.finite else {
      return [
        "A value is right if it is within its tolerance; the relative tolerance "
          + "\(NumberText.shortest(request.precision.relativeTolerance)) for rounding is part of it."
      ]
    }
    return [
      "Mean and standard deviation are those of one network. The average of \(finite.samples) independent networks is within "
        + (comparisons == 1 ? "the tolerance" : "all \(comparisons) tolerances")
        + " with probability 1 - \(NumberText.shortest(finite.falseAlarm)).",
      "Errors of the mean beyond 'detectable' are found with probability 0.9.",
    ]
  }

  // MARK: JSON

  private func json(generator: String) -> JSONNode {
    let provenance = provenance(generator)
    var members: [JSONNode.Member] = [
      .init("schema", .string("infwidth/expect/1")), .init("generator", .string(generator)),
      .init("command", .string(provenance.command)), .init("network", JSONNode(network: network)),
      .init("points", .array(points.map { JSONNode(point: $0) })),
    ]
    if points.joined().contains(where: { ExactNumber(exactly: $0.doubleValue) != $0 }) {
      members.append(.init("pointsExact", .array(points.map { .array($0.map { .string($0.description) }) })))
    }
    members += [
      .init("kernels", .array(request.kernels.map { .string($0.rawValue) })),
      .init(
        "meaning", .object(request.kernels.map { JSONNode.Member($0.rawValue, .string(meaning($0))) })),
      .init("precision", .string(request.precision.rawValue)),
      .init("relativeTolerance", .number(request.precision.relativeTolerance)),
      .init("entries", .array(limits.map(json))),
    ]
    if let finite = request.finite {
      let widths = finite.widths.map { width in
        JSONNode.object(
          ("width", .integer(width)),
          ("entries", .array(self.finite.filter { $0.width == width }.map(json))))
      }
      members.append(
        .init(
          "finiteWidth",
          .object(
            ("samples", .integer(finite.samples)), ("falseAlarm", .number(finite.falseAlarm)),
            ("comparisons", .integer(comparisons)), ("widths", .array(widths)))))
    }
    members.append(.init("method", .array(provenance.method.map { .string($0) })))
    members.append(.init("warnings", .array(warnings.map { .string($0) })))
    return .object(members)
  }

  private func place(_ kernel: FixtureKernel, _ i: Int, _ j: Int) -> [JSONNode.Member] {
    [.init("kernel", .string(kernel.rawValue)), .init("i", .integer(i)), .init("j", .integer(j))]
      + JSONNode.members(of: points[i], named: "x") + JSONNode.members(of: points[j], named: "y")
  }

  private func json(_ limit: LimitExpectation) -> JSONNode {
    .object(
      place(limit.kernel, limit.i, limit.j) + JSONNode.members(of: .finite(limit.coefficient)) + [
        .init("exponent", .string(limit.exponent.description)), .init("tolerance", .number(limit.tolerance)),
      ])
  }

  private func json(_ entry: FiniteExpectation) -> JSONNode {
    .object(
      place(entry.kernel, entry.i, entry.j) + [
        .init("mean", JSONNode(.finite(entry.mean))),
        .init("standardDeviation", JSONNode(.finite(entry.standardDeviation))),
        .init("theory", .string(entry.theory.rawValue)), .init("allowance", .number(entry.allowance)),
        .init("tolerance", .number(entry.tolerance)), .init("detectable", .number(entry.detectable)),
        .init("basis", .string(entry.basis.rawValue)),
      ])
  }
}
