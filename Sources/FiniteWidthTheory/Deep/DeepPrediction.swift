import LimitKernels
import Moments
import Networks

/// Predictions for networks of several hidden layers, entry by entry.
enum DeepPrediction {
  static func predict(
    _ deep: DeepNetwork, _ kernels: KernelTable, threads: Int
  ) throws -> FiniteWidthPrediction {
    let pairs = InputPair.all(deep.points.count)
    let results = try parallelMap(count: pairs.count, threads: threads) { index in
      try entry(deep, kernels.entries[index], pairs[index])
    }
    let entries = results.map(\.prediction)
    var warnings = momentWarnings(entries) + structuralWarnings(deep)
    var seen: Set<String> = []
    let parallel = results.flatMap(\.parallel).filter { seen.insert("\($0)").inserted }
    for warning in parallel {
      if case .nearlyParallel(_, _, _, let squaredSine) = warning, squaredSine < PredictionWarning.smallestSquaredSine {
        warnings.append(warning)
      }
    }
    let classes = Channel.classes(deep.groups)
    return FiniteWidthPrediction(
      entries: entries, warnings: warnings, parallel: parallel, relativeWidths: deep.relativeWidths,
      covariances: { i, j, width in
        let (p, q) = (pairs[i], pairs[j])
        let first = classes.map { deep.channel($0, at: p) }
        let second = classes.map { deep.channel($0, at: q) }
        let wanted = first.indices.flatMap { c in
          second.indices.map { ChannelPair(first: c, second: first.count + $0) }
        }
        let system = try deep.system([p, q], channels: first + second, pairs: wanted)
        var sum = Quantity.zero
        for pair in wanted {
          let exponent = system.channels[pair.first].exponent + system.channels[pair.second].exponent - 1
          let value = try system.covariance(pair, deep.reduced(p), deep.reduced(q))
          sum = sum + widthPower(width, exponent) * value
        }
        return sum
      })
  }

  // MARK: One entry

  private struct Result: Sendable {
    let prediction: EntryPrediction
    let parallel: [PredictionWarning]
  }

  private static func entry(_ deep: DeepNetwork, _ kernel: KernelEntry, _ pair: InputPair) throws -> Result {
    let classes = Channel.classes(deep.groups)
    // A class of a single group is that group's channel.
    let single = deep.groups.indices.map { group in classes.firstIndex { $0 == [group] } }
    var selections = classes
    var channelOfGroup: [Int] = []
    for (group, shared) in single.enumerated() {
      channelOfGroup.append(shared ?? selections.count)
      if shared == nil { selections.append([group]) }
    }
    let channels = selections.map { deep.channel($0, at: pair) }
    var wanted: [ChannelPair] = []
    for i in classes.indices { for j in i..<classes.count { wanted.append(ChannelPair(first: i, second: j)) } }
    for i in classes.count..<max(channels.count, classes.count) { wanted.append(ChannelPair(first: i, second: i)) }

    let limits = selections.map { selected in
      selected.reduce(Quantity.zero) { sum, group in
        sum + deep.relativePower(deep.groups[group]) * kernel.groups[group].law.coefficient
      }
    }
    let skewed = deep.constants.dropFirst().dropLast().contains { !$0.third.isExactlyZero }
    let exact = RectifiedDiagonal(deep, at: pair)
    do {
      let system = try deep.system([pair], channels: channels, pairs: wanted)
      let reduced = deep.reduced(pair)
      let unknown = Quantity.undefined(
        reason: "weights of a hidden layer are skewed, and the term of order 1/N is not available")
      func prediction(_ selected: [Int], groups: [Int]) throws -> KernelPrediction {
        let terms = selected.map { channel in
          KernelPrediction.Term(
            exponent: channels[channel].exponent, limit: limits[channel],
            halfOrder: system.halfCorrection(channel, reduced),
            correction: skewed ? unknown : system.meanCorrection(channel, reduced))
        }
        let covariances = try selected.map { i in
          try selected.map { j in try system.covariance(ChannelPair(first: i, second: j), reduced, reduced) }
        }
        return KernelPrediction(
          order: exact != nil ? .exact : skewed ? .halfOrder : .leading, terms: terms, covariances: covariances,
          exactMoments: exact?.tangentKernel(groups: groups))
      }
      let nngp = try functionPrediction(deep, kernel, pair, system, skewed ? unknown : nil, exact)
      let prediction = EntryPrediction(
        x: kernel.x, y: kernel.y, ntk: try prediction(Array(classes.indices), groups: Array(deep.groups.indices)),
        nngp: nngp.kernel,
        groups: try deep.groups.indices.map { try prediction([channelOfGroup[$0]], groups: [$0]) }, output: nngp.output)
      let (x, y) = (spelled(kernel.x), spelled(kernel.y))
      let parallel = system.result.squaredSines.map {
        PredictionWarning.nearlyParallel(x: x, y: y, layer: $0.layer, squaredSine: $0.value)
      }
      return Result(prediction: prediction, parallel: parallel)
    } catch let missing as LayerMoments.MissingMoment {
      return Result(
        prediction: unavailable(deep, kernel, limits, channels, channelOfGroup, missing.quantity), parallel: [])
    }
  }

  private static func functionPrediction(
    _ deep: DeepNetwork, _ kernel: KernelEntry, _ pair: InputPair, _ system: DeepSystem, _ unknown: Quantity?,
    _ exact: RectifiedDiagonal?
  ) throws -> (kernel: KernelPrediction, output: OutputPrediction) {
    let reduced = deep.reduced(pair)
    let factor =
      (deep.proportional.function(pair.first) * deep.proportional.function(pair.second)) * deep.relativeFunctionPower
    let function = system.function(reduced)
    let bias = readoutBiasTerm(deep.layers[deep.layers.count - 1], deep.exponents) { deep.relativeReadoutPower($0) }
    let limit = bias == nil ? deep.relativeFunctionPower * kernel.nngpLaw.coefficient : factor * function.limit
    var terms = [
      KernelPrediction.Term(
        exponent: deep.exponents.function, limit: limit, halfOrder: factor * function.half,
        correction: unknown ?? factor * function.correction)
    ]
    let variance = (factor * factor) * (try system.conditionalCovariance(reduced, reduced))
    var covariances = [[variance]]
    if let bias {
      terms.append(bias)
      covariances = [[variance, .zero], [.zero, .zero]]
    }
    let fourth = (factor * factor) * (try system.fourthCumulant(reduced))
    var kurtosis: Quantity?
    if pair.first == pair.second, bias == nil, let power = limit.estimate, power.value != 0 {
      kurtosis = fourth.estimate.map { .finite($0 / (power * power)) } ?? fourth
    }
    let order: PredictionOrder = exact != nil && bias == nil ? .exact : unknown != nil ? .halfOrder : .leading
    return (
      KernelPrediction(
        order: order, terms: terms, covariances: covariances,
        exactMoments: order == .exact ? exact?.conditionalKernel : nil),
      OutputPrediction(scaledFourthCumulant: fourth, scaledExcessKurtosis: kurtosis)
    )
  }

  /// The limit without anything beyond it.
  private static func unavailable(
    _ deep: DeepNetwork, _ kernel: KernelEntry, _ limits: [Quantity], _ channels: [Channel], _ channelOfGroup: [Int],
    _ missing: Quantity
  ) -> EntryPrediction {
    func prediction(_ selected: [Int]) -> KernelPrediction {
      KernelPrediction(
        order: .leading,
        terms: selected.map { .init(exponent: channels[$0].exponent, limit: limits[$0], correction: missing) },
        covariances: selected.map { _ in selected.map { _ in missing } })
    }
    let nngp = KernelPrediction(
      order: .leading,
      terms: [
        .init(exponent: kernel.nngpLaw.exponent, limit: kernel.nngpLaw.coefficient, correction: missing)
      ], covariances: [[missing]])
    let classCount = Channel.classes(deep.groups).count
    return EntryPrediction(
      x: kernel.x, y: kernel.y, ntk: prediction(Array(0..<classCount)), nngp: nngp,
      groups: channelOfGroup.map { prediction([$0]) },
      output: OutputPrediction(scaledFourthCumulant: missing, scaledExcessKurtosis: nil))
  }

  // MARK: Warnings

  private static func structuralWarnings(_ deep: DeepNetwork) -> [PredictionWarning] {
    var warnings: [PredictionWarning] = []
    for (index, layer) in deep.layers.enumerated().dropLast() {
      if let degree = layer.activation?.value.pieces?.growthDegree, degree >= 2 {
        warnings.append(.polynomial(layer: index + 1, activation: layer.activation?.description ?? ""))
      }
      if index > 0 {
        let constants = deep.constants[index]
        if !constants.third.isExactlyZero { warnings.append(.skewed(layer: index + 1, law: "\(layer.weights)")) }
        if let reason = constants.fourthCumulant.reason {
          warnings.append(
            .noCorrection(reason: "the weights of layer \(index + 1) have no fourth moment: \(reason)"))
        }
      }
    }
    return warnings
  }
}
