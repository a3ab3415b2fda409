import Moments
import Testing

@Suite struct FanScaledInitializersTests {
  private func law(_ text: String, _ context: LawContext = .weights) throws -> any Law {
    try LawRegistry.law(parsing: text, context: context)
  }

  @Test(arguments: [
    ("kaiming-uniform(sqrt(2))", "uniform(-sqrt(6), sqrt(6))"), ("kaiming-uniform()", "uniform(sqrt(3))"),
    ("kaiming-normal(sqrt(2))", "normal(0, sqrt(2))"), ("xavier-uniform(5/3)", "uniform(5*sqrt(3)/3)"),
    ("xavier-normal()", "normal()"), ("lecun-normal()", "normal()"), ("lecun-uniform()", "uniform(sqrt(3))"),
    ("pytorch-linear()", "uniform(-1, 1)"),
  ])
  func meansTheLawOfTheScaledWeight(_ written: String, _ plain: String) throws {
    let (a, b) = (try law(written), try law(plain))
    #expect("\(a)" == written)
    for order in 0...6 { #expect(a.moment(order) == b.moment(order)) }
    #expect(a.decomposition.densities.map(\.box) == b.decomposition.densities.map(\.box))
    #expect(a.decomposition.densities.map(\.gaussian) == b.decomposition.densities.map(\.gaussian))
  }

  @Test func asBiases() throws {
    let bias = try law("pytorch-linear()", .bias(fanIn: 10))
    #expect("\(bias)" == "uniform(-sqrt(10)/10, sqrt(10)/10)")
    #expect(bias.moment(2).estimate?.exact == ExactNumber(1, 30))
    #expect("\(try law("pytorch-linear()", .bias(fanIn: nil)))" == "constant(0)")
    #expect("\(try law("pytorch-linear()", .bias(fanIn: 1)))" == "uniform(-1, 1)")
    // Through other laws.
    #expect(
      try law("scaled(2, sparse(1/2, pytorch-linear()))", .bias(fanIn: 3)).moment(2).estimate?.exact
        == ExactNumber(2, 9))
    #expect(try law("scaled(2, pytorch-linear())", .bias(fanIn: nil)).decomposition.constantValue == 0)
    // The others mean the same with a bias of their own variance.
    #expect(try law("kaiming-normal(2)", .bias(fanIn: 4)).moment(2).estimate?.exact == 1)
    // Plain laws do not depend on the place.
    #expect("\(try law("uniform(1)", .bias(fanIn: 7)))" == "uniform(-1, 1)")
  }
}
