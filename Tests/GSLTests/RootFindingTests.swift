import Foundation
import GSL
import Testing

@Suite struct RootFindingTests {
  @Test func findsZeros() throws {
    #expect((try root(between: 0, and: 2) { $0 * $0 - 2 } - 2.0.squareRoot()).magnitude < 4e-16)
    #expect((try root(between: 3, and: 4) { sin($0) } - .pi).magnitude < 1e-15)
    #expect((try root(between: 1e-30, and: 1e30) { log($0) } - 1).magnitude < 1e-15)
  }

  @Test func equalSignsAreRefused() {
    #expect(throws: GSLError.self) { try root(between: 1, and: 2) { $0 } }
    #expect(throws: GSLError.self) { try root(between: -1, and: 2) { _ in .nan } }
  }
}
