#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The C library's functions, without Foundation, whose loading costs more time than a small table.
enum Libm {
  @inline(__always) static func exp(_ x: Double) -> Double { expOfC(x) }
  @inline(__always) static func expm1(_ x: Double) -> Double { expm1OfC(x) }
  @inline(__always) static func log1p(_ x: Double) -> Double { log1pOfC(x) }
  @inline(__always) static func erf(_ x: Double) -> Double { erfOfC(x) }
  @inline(__always) static func erfc(_ x: Double) -> Double { erfcOfC(x) }
  @inline(__always) static func tanh(_ x: Double) -> Double { tanhOfC(x) }
  @inline(__always) static func sin(_ x: Double) -> Double { sinOfC(x) }
  @inline(__always) static func cos(_ x: Double) -> Double { cosOfC(x) }
  @inline(__always) static func pow(_ x: Double, _ y: Double) -> Double { powOfC(x, y) }
}

// The members above hide the functions of the same name, hence one more name each.
@inline(__always) private func expOfC(_ x: Double) -> Double { exp(x) }
@inline(__always) private func expm1OfC(_ x: Double) -> Double { expm1(x) }
@inline(__always) private func log1pOfC(_ x: Double) -> Double { log1p(x) }
@inline(__always) private func erfOfC(_ x: Double) -> Double { erf(x) }
@inline(__always) private func erfcOfC(_ x: Double) -> Double { erfc(x) }
@inline(__always) private func tanhOfC(_ x: Double) -> Double { tanh(x) }
@inline(__always) private func sinOfC(_ x: Double) -> Double { sin(x) }
@inline(__always) private func cosOfC(_ x: Double) -> Double { cos(x) }
@inline(__always) private func powOfC(_ x: Double, _ y: Double) -> Double { pow(x, y) }
