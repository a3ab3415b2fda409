import Moments

/// One way in which every summand of a pair can fall on one of its atoms or densities.
struct MixtureState: Sendable {
  /// A summand that falls on a density, with its coefficients.
  struct Variable: Sendable {
    let density: Density
    let u: ExactNumber
    let v: ExactNumber
  }

  /// The probability.
  var probability: ExactNumber
  /// Offset plus the atoms' contributions, exact, so that mass on a kink is seen as such.
  var offsetU: ExactNumber
  var offsetV: ExactNumber
  /// The continuous summands, in the order of the pair's.
  var variables: [Variable]
}

extension PreactivationPair {
  /// Expands the summands into atoms and densities; the Gaussian part is left out.
  ///
  /// States with the same continuous summands and equal offsets are merged, which keeps lattice laws
  /// (Rademacher weights in many dimensions) small.
  ///
  /// - Parameter limit: The largest number of states; nil is returned beyond it.
  func mixtureStates(limit: Int) -> [MixtureState]? {
    struct Key: Hashable {
      let u: ExactNumber
      let v: ExactNumber
      let parts: [Int]
    }
    var states: [Key: MixtureState] = [:]
    states[Key(u: offsetU, v: offsetV, parts: [])] = MixtureState(
      probability: 1, offsetU: offsetU, offsetV: offsetV, variables: [])
    for (index, summand) in summands.enumerated() {
      let parts = summand.law.decomposition
      guard states.count * (parts.atoms.count + parts.densities.count) <= 4 * limit else { return nil }
      var next: [Key: MixtureState] = [:]
      let steps = parts.atoms.map { (u: $0.value * summand.u, v: $0.value * summand.v, mass: $0.probability) }
      for (key, state) in states {
        for step in steps {
          var moved = state
          moved.offsetU += step.u
          moved.offsetV += step.v
          moved.probability *= step.mass
          let place = Key(u: moved.offsetU, v: moved.offsetV, parts: key.parts)
          if let present = next[place] { moved.probability += present.probability }
          next[place] = moved
        }
        for (part, density) in parts.densities.enumerated() {
          var extended = state
          extended.probability *= density.mass
          extended.variables.append(.init(density: density, u: summand.u, v: summand.v))
          next[Key(u: state.offsetU, v: state.offsetV, parts: key.parts + [index, part])] = extended
        }
      }
      guard next.count <= limit else { return nil }
      states = next
    }
    // A fixed order: floating-point sums must not depend on hashing.
    return states.values.sorted { a, b in
      if a.variables.count != b.variables.count { return a.variables.count < b.variables.count }
      if a.offsetU != b.offsetU { return a.offsetU < b.offsetU }
      if a.offsetV != b.offsetV { return a.offsetV < b.offsetV }
      return a.probability < b.probability
    }
  }
}
