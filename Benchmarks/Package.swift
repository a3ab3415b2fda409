// swift-tools-version:6.0
import PackageDescription

// Benchmarks are a package of their own, so that the main build never waits for them.
let package = Package(
  name: "InfiniteWidthBenchmarks",
  dependencies: [.package(name: "InfiniteWidth", path: "..")],
  targets: [
    .executableTarget(
      name: "CalibrationBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
    .executableTarget(
      name: "DynamicsBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
    .executableTarget(
      name: "ExpectationBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
    .executableTarget(
      name: "GramBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
    .executableTarget(
      name: "KernelFileBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
    .executableTarget(
      name: "SamplingBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
    .executableTarget(
      name: "ToleranceBenchmark", dependencies: [.product(name: "InfiniteWidth", package: "InfiniteWidth")]),
  ],
  swiftLanguageModes: [.v6]
)
