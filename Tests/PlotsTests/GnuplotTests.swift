import Foundation
import Plots
import Testing

@Suite struct GnuplotTests {
  static let figure = Figure(
    title: "A title with 'quotes'",
    panels: [
      Panel(
        title: "decay", x: Axis("N", logarithmic: true), y: Axis("deviation", logarithmic: true),
        series: [
          Series(
            "measured", style: .errorBars, x: [1, 10, 100], y: [1, 0.3, -1], low: [0.5, -1, 0], high: [2, 1, 0]),
          Series("predicted", style: .dashed, x: [1, 100], y: [1, 0.1]),
        ]),
      Panel(x: Axis("x"), y: Axis("count"), series: [Series(style: .boxes, x: [0, 1], y: [2, 3])]),
    ])

  @Test func scriptHoldsTheDataThatCanBeDrawn() throws {
    let script = try Gnuplot.script(Self.figure, writingTo: "out.svg")
    #expect(script.contains("set output 'out.svg'"))
    #expect(script.contains("A title with ''quotes''"))
    #expect(script.contains("1.0 1.0 0.5 2.0"))
    // Bars end above zero on a logarithmic axis, and a negative value is left out.
    #expect(script.contains("10.0 0.3 0.0003 1.0"))
    #expect(!script.contains("100.0 -1.0"))
  }

  @Test func marksStepsAndOpenCircles() throws {
    let figure = Figure(panels: [
      Panel(
        x: Axis("N", logarithmic: true, marks: [16, 0.5]), y: Axis("y"),
        series: [
          Series(style: .steps, x: [1, 2], y: [3, 4]),
          Series(style: .openErrorBars, x: [1], y: [2], low: [1], high: [3]),
        ]),
      Panel(x: Axis("x"), y: Axis("y"), series: []),
    ])
    let script = try Gnuplot.script(figure, writingTo: "a.png")
    #expect(script.contains("set xtics ('16' 16.0, '0.5' 0.5)"))
    #expect(script.contains("with histeps"))
    #expect(script.contains("with yerrorbars pt 6"))
    // The marks of one panel do not stay for the next.
    #expect(script.components(separatedBy: "set xtics autofreq").count == 2)
  }

  @Test(arguments: PlotFormat.allCases) func picturesAreDrawn(format: PlotFormat) throws {
    let path = NSTemporaryDirectory() + "infwidth-plot-\(ProcessInfo.processInfo.processIdentifier).\(format.rawValue)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Gnuplot.draw(Self.figure, to: path)
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let starts: [PlotFormat: [UInt8]] = [.svg: Array("<?xml".utf8), .png: [0x89, 0x50], .pdf: Array("%PDF".utf8)]
    #expect(data.starts(with: try #require(starts[format])))
  }

  @Test func errorsSayWhatToDo() throws {
    #expect(throws: PlotError.unknownFormat(path: "plot.jpeg")) { try Gnuplot.draw(Self.figure, to: "plot.jpeg") }
    let error = #expect(throws: PlotError.self) { try Gnuplot.draw(Self.figure, to: "/nowhere/at/all.svg") }
    #expect("\(try #require(error))".contains("there is no folder '/nowhere/at'"))
    #expect("\(PlotError.noGnuplot(script: "a.gp"))".contains("apt-get install gnuplot-nox"))
  }
}
