/// A figure: panels side by side, in rows.
///
/// A figure is a value: what is drawn can be tested without drawing it.
public struct Figure: Sendable, Equatable {
  /// Above all panels; empty for none.
  public var title: String
  /// The panels in reading order.
  public var panels: [Panel]
  /// The number of panels in a row.
  public var columns: Int
  /// Width and height of one panel, in points (1/72 inch).
  public var panelSize: (width: Int, height: Int) {
    get { (panelWidth, panelHeight) }
    set { (panelWidth, panelHeight) = newValue }
  }
  private var panelWidth = 460
  private var panelHeight = 340

  public init(title: String = "", columns: Int = 2, panels: [Panel]) {
    self.title = title
    self.panels = panels
    self.columns = max(1, min(columns, max(1, panels.count)))
  }

  /// The number of rows.
  public var rows: Int { (panels.count + columns - 1) / columns }
}

/// One coordinate system with its series.
public struct Panel: Sendable, Equatable {
  public var title: String
  public var x: Axis
  public var y: Axis
  public var series: [Series]
  /// Where the legend stands; nil for none.
  public var legend: Legend?
  /// Whether both axes have one scale.
  public var isSquare = false

  /// A corner for the legend, or beside or under the panel.
  public enum Legend: String, Sendable {
    case topRight = "top right"
    case topLeft = "top left"
    case bottomLeft = "bottom left"
    case bottomRight = "bottom right"
    case outside = "outside right top"
    /// Under the panel, in rows.
    case below = "bmargin center horizontal Left reverse height 1"
  }

  public init(title: String = "", x: Axis, y: Axis, legend: Legend? = .topRight, series: [Series]) {
    self.title = title
    self.x = x
    self.y = y
    self.legend = legend
    self.series = series
  }
}

/// An axis.
public struct Axis: Sendable, Equatable {
  public var label: String
  public var isLogarithmic: Bool
  /// The range; nil on either side lets the data decide.
  public var lower: Double?
  public var upper: Double?
  /// Where the labelled marks stand; nil lets the scale decide.
  public var marks: [Double]?

  public init(
    _ label: String, logarithmic: Bool = false, lower: Double? = nil, upper: Double? = nil, marks: [Double]? = nil
  ) {
    self.marks = marks
    self.label = label
    isLogarithmic = logarithmic
    self.lower = lower
    self.upper = upper
  }
}

/// Points of one panel that belong together; a line breaks where an x is not a number.
public struct Series: Sendable, Equatable {
  /// How the points are drawn.
  public enum Style: Sendable, Equatable {
    case line
    case dashed
    case dotted
    case points
    /// Points joined by a line.
    case linePoints
    /// Points with a vertical bar from `low` to `high`.
    case errorBars
    /// The area between `low` and `high`.
    case band
    /// Boxes of height y around x, as of a histogram.
    case boxes
    /// The outline of a histogram: level around each x.
    case steps
    /// Open circles with a vertical bar from `low` to `high`.
    case openErrorBars
    /// Arrows from (x, y) by (`low`, `high`).
    case arrows
  }

  /// For the legend; empty for none.
  public var label: String
  public var style: Style
  /// The number of the colour in the palette; nil takes the series' place in the panel.
  public var color: Int?
  /// The thickness of lines, 1 is a plain one.
  public var thickness: Double
  public var x: [Double]
  public var y: [Double]
  /// Lower ends of bars and bands, or the first components of arrows.
  public var low: [Double]
  /// Upper ends of bars and bands, or the second components of arrows.
  public var high: [Double]

  public init(
    _ label: String = "", style: Style = .line, color: Int? = nil, thickness: Double = 1.6, x: [Double], y: [Double],
    low: [Double] = [], high: [Double] = []
  ) {
    precondition(x.count == y.count, "a point has an x and a y")
    let needsEnds = [.errorBars, .openErrorBars, .band, .arrows].contains(style)
    precondition(!needsEnds || (low.count == x.count && high.count == x.count), "bars, bands and arrows have two ends")
    self.label = label
    self.style = style
    self.color = color
    self.thickness = thickness
    self.x = x
    self.y = y
    self.low = low
    self.high = high
  }
}
