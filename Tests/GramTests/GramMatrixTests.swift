import Gram
import LimitKernels
import Moments
import Networks
import Testing

struct GramMatrixTests {
  @Test func headlineAgreesWithTheAssembler() throws {
    let matrix = try GramMatrix(try Network.headline, [[1], [-1], [0.5]])
    let table = try limitingKernels(of: try Network.headline, at: [[1], [-1], [ExactNumber(1, 2)]])
    let expected = try #require(table.entries[1].ntk.estimate?.value)
    #expect(matrix.ntk?[0, 1] == expected)
    #expect(matrix.ntk?[1, 0] == expected)
  }
}
