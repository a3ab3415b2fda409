import Moments

/// The dual of an activation, `infwidth/dual/1`.
public struct DualReport: Sendable {
  /// How far the two variables are from each other.
  public enum Dependence: Sendable, Equatable {
    case covariance(ExactNumber)
    case oneMinusRho(ExactNumber)
  }

  public let activation: String
  public let q1: ExactNumber
  public let q2: ExactNumber
  public let dependence: Dependence
  /// `E[φ(u) φ(v)]`.
  public let value: Quantity
  /// `E[φ′(u) φ′(v)]`.
  public let derivative: Quantity

  public init(
    activation: String, q1: ExactNumber, q2: ExactNumber, dependence: Dependence, value: Quantity, derivative: Quantity
  ) {
    self.activation = activation
    self.q1 = q1
    self.q2 = q2
    self.dependence = dependence
    self.value = value
    self.derivative = derivative
  }

  public var document: Document {
    let (name, key, number): (String, String, ExactNumber)
    switch dependence {
    case .covariance(let covariance): (name, key, number) = ("covariance", "c", covariance)
    case .oneMinusRho(let gap): (name, key, number) = ("1 - correlation", "oneMinusRho", gap)
    }
    var table = Table(
      title: "\(activation), (u, v) Gaussian with variances \(q1) and \(q2), \(name) \(number)",
      columns: [Column("quantity"), Column("value", kind: .quantity)])
    table.append([.text("E[phi(u) phi(v)]"), .quantity(value)])
    table.append([.text("E[phi'(u) phi'(v)]"), .quantity(derivative)])
    var records = Table(columns: [
      Column("activation"), Column("q1"), Column("q2"), Column(key), Column("quantity"),
      Column("value", kind: .quantity),
    ])
    for (word, quantity) in [("value", value), ("derivative", derivative)] {
      records.append([
        .text(activation), .text(q1.description), .text(q2.description), .text(number.description), .text(word),
        .quantity(quantity),
      ])
    }
    let json = JSONNode.object(
      ("schema", .string("infwidth/dual/1")), ("activation", .string(activation)), ("q1", .number(q1.doubleValue)),
      ("q2", .number(q2.doubleValue)), (key, .number(number.doubleValue)), ("value", JSONNode(value)),
      ("derivative", JSONNode(derivative)))
    return Document(tables: [table], records: records, json: json)
  }
}
