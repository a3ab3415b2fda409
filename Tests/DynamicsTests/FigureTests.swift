@testable import Dynamics
import FiniteWidth
import Foundation
import Networks
import Plots
import Testing

@Suite struct FigureTests {
  @Test func plane() throws {
    let problem = try TrainingProblem(network: try twoParameters(0.5, -0.25), inputs: [[1]], targets: [1])
    let history = try flow(problem, times: [0, 1, 2, 10]).run()
    #expect(history.records.allSatisfy { $0.plane?.count == 2 })
    let panels = TrainingFigure(history).figure(TrainingPanel.standard(parameters: 2)).panels
    let plane = try #require(panels.last)
    #expect(plane.isSquare)
    #expect(plane.x.label == "layer 1 weights" && plane.y.label == "layer 2 weights")
    // The zero-loss curve w₁ w₂ = 1: linear interpolation in cells of a 160th of the plane.
    let curve = try #require(plane.series.first { $0.label == "zero loss" })
    let products = zip(curve.x, curve.y).filter { $0.0.isFinite }.map { $0.0 * $0.1 }
    #expect(products.count > 50)
    // One branch of the hyperbola is in sight.
    #expect(curve.x.count(where: \.isNaN) == 1)
    #expect(products.allSatisfy { abs($0 - 1) < 1e-3 })
    // One datum: the linearized parameters move along a straight line, the gradient at the start.
    let line = try #require(plane.series.first { $0.label == "linearized" })
    for (x, y) in zip(line.x, line.y) { #expect(abs((x - 0.5) * 0.5 - (y + 0.25) * -0.25) < 1e-12) }
    // Arrows point downhill: down the loss of w₁ w₂ = 1.
    let arrows = try #require(plane.series.first { $0.style == .arrows })
    for index in arrows.x.indices {
      let (x, y) = (arrows.x[index] + arrows.low[index] / 2, arrows.y[index] + arrows.high[index] / 2)
      #expect((x * y - 1) * (y * arrows.low[index] + x * arrows.high[index]) < 0)
    }
  }

  @Test func contours() throws {
    // A circle is one closed line, right to s (1 − s) on edges of length 1; a corner that is not finite leaves a gap of the
    // four cells that it touches.
    var heights = (0...20).map { y in (0...20).map { x in pow(Double(x) - 10, 2) + pow(Double(y) - 10, 2) } }
    let circle = ContourLines(heights, level: 49.5).lines
    #expect(circle.count == 1)
    let line = try #require(circle.first)
    #expect(try #require(line.first) == (try #require(line.last)))
    #expect(line.allSatisfy { abs(pow($0.x - 10, 2) + pow($0.y - 10, 2) - 49.5) < 0.2501 })
    heights[10][17] = .nan
    let gap = ContourLines(heights, level: 49.5).lines
    #expect(gap.count == 1 && gap[0].count == line.count - 4)
    #expect(ContourLines(heights, level: 1000).lines.isEmpty)
    // Saddle: two branches.
    let saddle = (0...9).map { y in (0...9).map { x in (Double(x) - 4.5) * (Double(y) - 4.5) } }
    #expect(ContourLines(saddle, level: 2).lines.count == 2)
  }

  @Test func panels() throws {
    let network = FiniteNetwork(sampling: try Network.headline, width: 5, seed: 1, index: 0)
    let problem = try TrainingProblem(network: network, inputs: [[1], [-1]], targets: [0.5, 0.25], watching: [[2]])
    let history = try flow(problem, times: [0, 1, 2]).run()
    let figure = TrainingFigure(history).figure([.loss, .outputs, .kernel, .slopes, .distance], title: "T")
    #expect(figure.panels.map(\.series.count) == [2, 8, 6, 6, 3])
    #expect(figure.panels.allSatisfy { $0.series.allSatisfy { $0.x == [0, 1, 2] } })
    // The predicted slopes lie over the measured ones.
    let slopes = figure.panels[3].series
    for (measured, predicted) in zip(slopes[0].y, slopes[1].y) { #expect(abs(measured - predicted) < 1e-9) }
  }
}
