import Activations
import Moments
import Networks

/// What can be written in a network file: the registries of laws and activations as tables.
public enum CatalogueReport {
  /// The laws, `infwidth/laws/1`.
  public static var laws: Document {
    document(
      schema: "infwidth/laws/1", key: "laws", heading: "law",
      entries: LawRegistry.all.map { ($0.name, $0.signature, $0.summary, $0.examples) })
  }

  /// The activations, `infwidth/activations/1`.
  public static var activations: Document {
    document(
      schema: "infwidth/activations/1", key: "activations", heading: "activation",
      entries: ActivationRegistry.all.map { ($0.name, $0.signature, $0.summary, $0.examples) })
  }

  /// The presets, `infwidth/presets/1`.
  public static var presets: Document {
    var table = Table(
      columns: [Column("preset"), Column("also"), Column("options"), Column("meaning")],
      notes: [
        "Options of all presets: activation=relu, depth=2 (hidden layers), dimension=1, parameterization=...",
        "Short names, ACTIVATION-DEPTH as in relu-3, are neural-tangents with W_std the activation's gain (relu: sqrt(2)) and no "
          + "biases.",
      ])
    for preset in NetworkPreset.all {
      let options = preset.ownOptions.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
      table.append([
        .text(preset.name), .text(preset.aliases.joined(separator: ", ")), .text(options), .text(preset.summary),
      ])
    }
    let list = NetworkPreset.all.map { preset in
      JSONNode.object(
        ("name", .string(preset.name)), ("aliases", .array(preset.aliases.map { .string($0) })),
        ("options", .object(preset.ownOptions.map { .init($0.name, .string($0.value)) })),
        ("summary", .string(preset.summary)))
    }
    return Document(
      tables: [table], json: .object(("schema", .string("infwidth/presets/1")), ("presets", .array(list))))
  }

  /// Committed tables, `infwidth/tables/1`.
  public static func tables(_ tables: [CommittedTable]) -> Document {
    var listing = Table(columns: [Column("table"), Column("title")])
    for table in tables { listing.append([.text(table.folder), .text(table.definition.title)]) }
    let list = tables.map { table in
      JSONNode.object(("table", .string(table.folder)), ("title", .string(table.definition.title)))
    }
    return Document(
      tables: [listing], json: .object(("schema", .string("infwidth/tables/1")), ("tables", .array(list))))
  }

  private static func document(
    schema: String, key: String, heading: String,
    entries: [(name: String, signature: String, summary: String, examples: [String])]
  ) -> Document {
    var table = Table(columns: [Column(heading), Column("written"), Column("meaning")])
    for entry in entries { table.append([.text(entry.name), .text(entry.signature), .text(entry.summary)]) }
    let list = entries.map { entry in
      JSONNode.object(
        ("name", .string(entry.name)), ("signature", .string(entry.signature)), ("summary", .string(entry.summary)),
        ("examples", .array(entry.examples.map { .string($0) })))
    }
    return Document(tables: [table], json: .object(("schema", .string(schema)), (key, .array(list))))
  }
}
