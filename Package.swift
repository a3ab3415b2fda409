// swift-tools-version:6.0
import PackageDescription

// Imports point one way:
// GSL ← Moments ← Activations ← Expectation ← LimitKernels ← Dynamics ← Tables ← Failures ← infwidth, CInterface,
// and FiniteWidth, which samples, sees Networks, Moments and Activations only: a witness shares no formula
// with what it tests.
let package = Package(
  name: "InfiniteWidth",
  products: [
    .library(
      name: "InfiniteWidth",
      targets: [
        "Moments", "Activations", "Expectation", "Networks", "LimitKernels", "Gram", "KernelFiles", "Regression",
        "FiniteWidth", "FiniteWidthTheory", "ControlVariates", "Dynamics", "Tables", "Fixtures", "LinearAlgebra",
      ]),
    .executable(name: "infwidth", targets: ["infwidth"]),
    // libinfwidth.so for C and Python; a product of that very name would be taken for the command (make library).
    .library(name: "infwidth-c", type: .dynamic, targets: ["CInterface"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.0.0"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .systemLibrary(name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"]), .brew(["gsl"])]),
    .target(name: "GSL", dependencies: ["CGSL"]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .target(name: "LinearAlgebra", dependencies: ["COpenBLAS"]),
    .target(name: "CSampling"),
    .target(name: "Plots"),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .target(name: "Archives", dependencies: ["CZip"]),
    .target(
      name: "Moments",
      dependencies: [
        "GSL", "CSampling", .product(name: "BigInt", package: "BigInt"),
        .product(name: "Numerics", package: "swift-numerics"),
      ]),
    .target(name: "Activations", dependencies: ["GSL", "Moments"]),
    .target(
      name: "Expectation",
      dependencies: ["GSL", "Moments", "Activations", .product(name: "Numerics", package: "swift-numerics")]),
    .target(name: "Networks", dependencies: ["Moments", "Activations", .product(name: "Yams", package: "Yams")]),
    .target(name: "LimitKernels", dependencies: ["Networks", "Expectation"]),
    .target(name: "CGramKernels"),
    .target(name: "Gram", dependencies: ["CGramKernels", "LimitKernels", "LinearAlgebra"]),
    .systemLibrary(name: "CFileAllocation"),
    .target(name: "KernelFiles", dependencies: ["CFileAllocation", "Gram", "LinearAlgebra", "Networks"]),
    .target(name: "Regression", dependencies: ["Gram", "LinearAlgebra", "Moments"]),
    .target(name: "FiniteWidth", dependencies: ["GSL", "LinearAlgebra", "CSampling", "Networks", "Archives"]),
    .target(
      name: "Dynamics",
      dependencies: ["GSL", "FiniteWidth", "Networks", "LimitKernels", "LinearAlgebra", "Plots"]),
    .target(name: "FiniteWidthTheory", dependencies: ["LimitKernels", "LinearAlgebra"]),
    // The one place where sampled networks meet the theory's formulas before they are compared.
    .target(name: "ControlVariates", dependencies: ["FiniteWidth", "FiniteWidthTheory"]),
    .target(
      name: "Tables",
      dependencies: [
        "LimitKernels", "FiniteWidth", "FiniteWidthTheory", "Dynamics", "Plots", "Regression",
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(
      name: "Fixtures",
      dependencies: [
        "Archives", "FiniteWidth", "FiniteWidthTheory", "GSL", "LimitKernels", "Moments", "Networks", "Tables",
      ]),
    .target(
      name: "Failures",
      dependencies: [
        "Fixtures", "Tables", "Gram", "KernelFiles", "FiniteWidth", "FiniteWidthTheory", "Dynamics", "Plots",
        "Regression",
      ]),
    .systemLibrary(name: "CInfwidth"),
    .target(
      name: "CInterface",
      dependencies: ["CInfwidth", "Failures", "Fixtures", "Tables", "LimitKernels", "Gram", "KernelFiles", "Networks"]),
    .executableTarget(
      name: "infwidth",
      dependencies: [
        "Failures", "Fixtures", "Tables", "LimitKernels", "Gram", "KernelFiles", "FiniteWidth", "FiniteWidthTheory",
        "Dynamics",
        "Plots",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "Fuzzing",
      dependencies: ["Moments", "Activations", "Networks", "FiniteWidth", "Dynamics", "KernelFiles", "Tables"],
      path: "Tests/Fuzzing"),
    .executableTarget(name: "infwidth-fuzz", dependencies: ["Fuzzing"], path: "Tests/FuzzingRunner"),
    .target(name: "TestSupport", dependencies: ["Moments", "Activations", "Networks"], path: "Tests/TestSupport"),
    .testTarget(name: "GSLTests", dependencies: ["GSL"]),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"]),
    .testTarget(name: "PlotsTests", dependencies: ["Plots"]),
    .testTarget(
      name: "MomentsTests",
      dependencies: [
        "Moments", "TestSupport", .product(name: "BigInt", package: "BigInt"),
        .product(name: "Numerics", package: "swift-numerics"),
      ]),
    .testTarget(name: "ActivationsTests", dependencies: ["Activations", "TestSupport"]),
    .testTarget(name: "ExpectationTests", dependencies: ["Expectation", "TestSupport"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "TestSupport"]),
    .testTarget(name: "LimitKernelsTests", dependencies: ["LimitKernels", "TestSupport"]),
    .testTarget(name: "GramTests", dependencies: ["Gram", "CGramKernels", "TestSupport"]),
    .testTarget(name: "KernelFilesTests", dependencies: ["KernelFiles", "TestSupport"]),
    .testTarget(name: "RegressionTests", dependencies: ["Regression", "FiniteWidth", "TestSupport"]),
    .testTarget(
      name: "FiniteWidthTests", dependencies: ["FiniteWidth", "GSL", "LimitKernels", "LinearAlgebra", "TestSupport"]),
    .testTarget(name: "ArchivesTests", dependencies: ["Archives", "TestSupport"]),
    .testTarget(name: "DynamicsTests", dependencies: ["Dynamics", "FiniteWidth", "LimitKernels", "TestSupport"]),
    .testTarget(name: "FiniteWidthTheoryTests", dependencies: ["FiniteWidthTheory", "TestSupport"]),
    .testTarget(name: "ControlVariatesTests", dependencies: ["ControlVariates"]),
    .testTarget(
      name: "TablesTests", dependencies: ["Tables", "FiniteWidth", "LinearAlgebra", "Plots", "TestSupport"]),
    .testTarget(
      name: "FixturesTests", dependencies: ["Fixtures", "Archives", "FiniteWidth", "TestSupport"]),
    .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"]),
    .testTarget(name: "CInterfaceTests", dependencies: ["CInfwidth", "CInterface", "TestSupport"]),
    .testTarget(name: "CommandTests", dependencies: ["infwidth", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
