import Foundation
import GSL
import Testing

@Suite struct SpecialFunctionsTests {
  @Test func values() throws {
    // mpmath, 25 digits.
    #expect(abs(try SpecialFunctions.logGamma(10.5) - 13.940625219403763633) < 1e-14)
    #expect(abs(try SpecialFunctions.logErfc(30) + 903.97411711064387808) < 4e-13)
    #expect(abs(try SpecialFunctions.besselJ0(2.5) + 0.048383776468197996327) < 1e-15)
    #expect(abs(try SpecialFunctions.scaledBesselI0(700) - 0.015081295651531357587) < 1e-16)
    #expect(abs(try SpecialFunctions.logBesselK(order: 2.5, 3) + 2.4762169313021237996) < 1e-13)
    #expect(abs(try SpecialFunctions.zetaMinusOne(2) - 0.64493406684822643647) < 1e-15)
    #expect(abs(try SpecialFunctions.gammaStar(0.5) - 1.1658219907985621017) < 1e-15)
    #expect(abs(try SpecialFunctions.gammaStar(1e8) - 1.0000000008333333368) < 1e-15)
  }

  @Test func domainErrorsAreThrown() {
    #expect(throws: GSLError.self) { try SpecialFunctions.logGamma(0) }
    #expect(throws: GSLError.self) { try SpecialFunctions.logBesselK(order: 1, -1) }
    #expect(throws: GSLError.self) { try SpecialFunctions.gammaStar(-2) }
    do {
      _ = try SpecialFunctions.logGamma(0)
      Issue.record("no error")
    } catch {
      #expect("\(error)".hasPrefix("gsl_sf_lngamma_e: "))
      #expect("\(error)".contains("GSL status 1"))
    }
  }

  @Test func edges() throws {
    #expect(try SpecialFunctions.besselJ0(0) == 1)
    #expect(try SpecialFunctions.zetaMinusOne(2000) >= 0)
  }
}
