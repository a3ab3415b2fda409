import Moments
import Testing

/// The wording of errors: what is wrong, with the value, and what to do.
@Suite struct LawErrorTests {
  private func message(_ text: String) -> String {
    do {
      return "no error: \(try LawRegistry.law(parsing: text))"
    } catch {
      return error.description
    }
  }

  @Test(arguments: [
    (
      "uniform(1, -1)",
      "'uniform(1, -1)': the lower end is not below the upper end. "
        + "Write uniform(a, b) with a < b, or constant(c) for a point mass."
    ),
    (
      "normal(0, -1)",
      "'normal(0, -1)': the standard deviation is negative. "
        + "Write normal(mean, sd) with sd > 0, or constant(c) for a point mass."
    ),
    (
      "normal(3, 0)",
      "'normal(3, 0)': the standard deviation is 0. "
        + "Write normal(mean, sd) with sd > 0, or constant(c) for a point mass."
    ),
    (
      "discrete(0:1/3, 1:1/3)",
      "'discrete(0:1/3, 1:1/3)': the probabilities sum to 2/3, not to 1. "
        + "They must sum to 1 exactly: write 1/3 rather than 0.333."
    ),
    (
      "discrete(0:3/2, 1:-1/2)",
      "'discrete(0:3/2, 1:-1/2)': the probability -1/2 of 1 is negative. Write probabilities between 0 and 1."
    ),
    (
      "discrete()",
      "'discrete()': there is no value. Write discrete(v1:p1, v2:p2, …) with probabilities that sum to 1."
    ),
    (
      "student-t(0, 1)",
      "'student-t(0, 1)': the number of degrees of freedom is 0. Write student-t(nu, scale) with a positive number of "
        + "degrees of freedom, or constant(0) for a point mass at 0."
    ),
    (
      "student-t(sqrt(2), 1)",
      "'student-t(sqrt(2), 1)': the number of degrees of freedom is irrational. Write nu as a decimal or a fraction."
    ),
    (
      "laplace(-1)", "'laplace(-1)': the scale is negative. Write laplace(scale) with a positive scale."
    ),
    (
      "sparse(2, normal())",
      "'sparse(2, normal(0, 1))': the probability 2 is outside [0, 1]. "
        + "Write sparse(p, LAW), where p is the probability of a draw from LAW."
    ),
    (
      "truncated-normal(0, 1, 2, -2)",
      "'truncated-normal(0, 1, 2, -2)': the lower end is not below the upper end. "
        + "Write truncated-normal(mean, sd, lo, hi) with lo < hi, or constant(c) for a point mass."
    ),
    (
      "kaiming-normal(0)",
      "'kaiming-normal(0)': the gain must be positive. "
        + "Write kaiming-normal(gain) with gain > 0, or constant(0) for a zero-initialized parameter."
    ),
    ("unifrom(1)", "There is no law 'unifrom'. Did you mean 'uniform'?"),
    (
      "uniform(1, 2, 3)",
      "'uniform(1, 2, 3)' has the wrong arguments. Write uniform(a, b) with a < b, or uniform(h) for uniform(-h, h)."
    ),
    ("sparse(1/2)", "'sparse(1/2)' has the wrong arguments. Write sparse(p, LAW)."),
    ("rademacher(1)", "'rademacher(1)' has the wrong arguments. Write rademacher()."),
    ("discrete(1, 2)", "'discrete(1, 2)' has the wrong arguments. Write discrete(v1:p1, v2:p2, …)."),
    (
      "normal(1)",
      "'normal(1)' has the wrong arguments. Write normal() or normal(mean, sd), where sd is the standard deviation."
    ),
  ])
  func says(_ text: String, _ expected: String) {
    #expect(message(text) == expected)
  }

  @Test func unknownLawsListTheKnownOnes() {
    let text = message("weibullish(2)")
    #expect(text.hasPrefix("There is no law 'weibullish'. The laws are: uniform, normal, truncated-normal,"))
  }

  @Test func missingProbabilityIsShownBriefly() {
    let text = message("discrete(0:0.3333333333333333333333333333333333, 1:2/3)")
    #expect(text.contains("the probabilities sum to about 1"))
  }

  @Test func badNumbersInside() {
    #expect(message("uniform(1/0)").contains("divides by zero"))
    #expect(
      message("sparse(1/2, uniform(x))").contains("no law 'x'")
        || message("sparse(1/2, uniform(x))").contains("uniform(x())"))
    #expect(message("scaled(2, nope(1))").contains("There is no law 'nope'"))
  }
}
