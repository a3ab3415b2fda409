/// The lines where a function given on a grid takes one value: marching squares, the pieces joined to lines.
///
/// The function is interpolated linearly along the edges of the cells. A cell that the line crosses twice is cut in two
/// pieces, in the order of its edges.
struct ContourLines {
  /// The lines, points in units of cells; a closed line ends where it begins.
  let lines: [[(x: Double, y: Double)]]

  /// - Parameters:
  ///   - heights: `[row][column]`, rows upwards; cells with a corner that is not finite have no line.
  ///   - level: The value.
  init(_ heights: [[Double]], level: Double) {
    let columns = heights.first?.count ?? 0
    var points: [Int: (x: Double, y: Double)] = [:]
    var neighbours: [Int: [Int]] = [:]
    for row in 0..<max(0, heights.count - 1) {
      for column in 0..<max(0, columns - 1) {
        let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
        let values = corners.map { heights[$0.0][$0.1] - level }
        guard values.allSatisfy(\.isFinite) else { continue }
        // The number of an edge is the same in both cells that it bounds: of its lower left corner, and its direction.
        let edges = [(row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1)]
          .map { 2 * ($0.0 * columns + $0.1) + $0.2 }
        var crossed: [Int] = []
        for edge in 0..<4 {
          let (a, b) = (values[edge], values[(edge + 1) % 4])
          guard (a > 0) != (b > 0) else { continue }
          let (share, from, to) = (a / (a - b), corners[edge], corners[(edge + 1) % 4])
          points[edges[edge]] = (
            Double(from.1) + share * Double(to.1 - from.1), Double(from.0) + share * Double(to.0 - from.0)
          )
          crossed.append(edges[edge])
        }
        for pair in stride(from: 0, to: crossed.count - 1, by: 2) {
          neighbours[crossed[pair], default: []].append(crossed[pair + 1])
          neighbours[crossed[pair + 1], default: []].append(crossed[pair])
        }
      }
    }
    lines = Self.joined(neighbours).map { $0.compactMap { points[$0] } }
  }

  /// Walks from the ends of open lines first, then around closed ones.
  private static func joined(_ neighbours: [Int: [Int]]) -> [[Int]] {
    var left = neighbours
    var result: [[Int]] = []
    let starts = neighbours.keys.sorted()
    for start in starts.filter({ neighbours[$0]?.count == 1 }) + starts {
      guard left[start]?.isEmpty == false else { continue }
      var line = [start]
      while let here = line.last, let next = left[here]?.first {
        left[here]?.removeFirst()
        if let back = left[next]?.firstIndex(of: here) { left[next]?.remove(at: back) }
        line.append(next)
      }
      result.append(line)
    }
    return result
  }
}
