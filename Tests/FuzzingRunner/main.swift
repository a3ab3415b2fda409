// Feeds generated inputs to every parser of the package: infwidth-fuzz [inputs] [seed].
//
// Each block of inputs runs in a process of its own, which leaves the input it is working on in a file: a crash or a
// hang ends that process and names the input. Memory must not grow from block to block.
import Foundation
import Fuzzing
import Synchronization

/// A line on standard output at once: a process that crashes loses what it has buffered.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// The resident memory of this process in megabytes; 0 where the system does not tell.
///
/// What one large input has left free in the heap is given back first: only what is kept can grow without end.
func residentMegabytes() -> Int {
  // glibc has the function, and its module map does not show it.
  if let trim = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0) }
  guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
    let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
  else { return 0 }
  return kilobytes / 1024
}

/// One parser's share of the inputs in this process; leaves with status 1 after complaints.
func work(parser name: String, inputs: UInt64, seed: UInt64, current path: String) -> Int32 {
  guard let parser = Parser.all.first(where: { $0.name == name }),
    let file = FileHandle(forWritingAtPath: path)
  else { return 2 }
  var run = FuzzRun(parser, seed: seed)
  let busySince = Atomic<UInt64>(DispatchTime.now().uptimeNanoseconds)
  // A hang ends the process: nothing that a parser does takes so long.
  let watch = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "watch"))
  watch.schedule(deadline: .now() + 1, repeating: 1)
  watch.setEventHandler {
    let age = DispatchTime.now().uptimeNanoseconds &- busySince.load(ordering: .relaxed)
    if age < UInt64.max / 2, Double(age) * 1e-9 > 10 * FuzzRun.timeLimit { _exit(3) }
  }
  watch.resume()
  let descriptor = file.fileDescriptor
  let warmUp = max(inputs / 10, 1)
  var before = 0
  for (number, block) in [0..<warmUp, warmUp..<inputs].enumerated() {
    run.run(block) { index, input in
      busySince.store(DispatchTime.now().uptimeNanoseconds, ordering: .relaxed)
      // The number is enough to make the input again; the size is there to see what it was.
      var record = (index, UInt64(input.count))
      withUnsafeBytes(of: &record) { bytes in _ = pwrite(descriptor, bytes.baseAddress, bytes.count, 0) }
    }
    if number == 0 { before = residentMegabytes() }
  }
  watch.cancel()
  let growth = residentMegabytes() - before
  for failure in run.failures.prefix(10) {
    say("  input \(failure.index): \(failure.complaint)\n    \(String(decoding: failure.input, as: UTF8.self))")
  }
  say(
    "  \(name): \(inputs) inputs, \(run.failures.count) failures, longest \(Int(run.longestTime * 1000)) ms, "
      + "memory \(before) MB, grew by \(growth) MB")
  return run.failures.isEmpty && growth <= 64 ? 0 : 1
}

let arguments = CommandLine.arguments
if arguments.count == 6, arguments[1] == "--work", let inputs = UInt64(arguments[3]), let seed = UInt64(arguments[4]) {
  exit(work(parser: arguments[2], inputs: inputs, seed: seed, current: arguments[5]))
}
let total = arguments.count > 1 ? UInt64(arguments[1]) : 1_000_000
let seed = arguments.count > 2 ? UInt64(arguments[2]) : 1
guard let total, let seed, arguments.count <= 3, total > 0 else {
  say("usage: infwidth-fuzz [inputs] [seed]")
  exit(64)
}
let share = (total + UInt64(Parser.all.count) - 1) / UInt64(Parser.all.count)
say("\(share) inputs for each of \(Parser.all.count) parsers, seed \(seed)")
let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-fuzz-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
var failed: [String] = []
for parser in Parser.all {
  let current = folder.appendingPathComponent("current")
  try Data(repeating: 0, count: 16).write(to: current)
  let process = Process()
  process.executableURL = Bundle.main.executableURL
  process.arguments = ["--work", parser.name, "\(share)", "\(seed)", current.path]
  try process.run()
  process.waitUntilExit()
  let (reason, status) = (process.terminationReason, process.terminationStatus)
  if reason == .exit, status == 0 { continue }
  failed.append(parser.name)
  if reason != .exit || status > 1 {
    let record = [UInt8](try Data(contentsOf: current))
    let index = record.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let input = parser.generator(seed).input(index)
    say("  \(parser.name): \(status == 3 ? "hangs" : "crashes, signal \(status),") at input \(index):")
    say("    \(String(decoding: input, as: UTF8.self).debugDescription)")
  }
}
try FileManager.default.removeItem(at: folder)
say(failed.isEmpty ? "all parsers held" : "failed: \(failed.joined(separator: ", "))")
exit(failed.isEmpty ? 0 : 1)
