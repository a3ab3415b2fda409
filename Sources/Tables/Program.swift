/// This release, as the command, the C interface and files that were written by them name it.
public enum Program {
  /// The version, `MAJOR.MINOR.PATCH`.
  public static let version = "0.1.0"
}
