import CInfwidth
import Failures
import Foundation
import Moments
import Networks
import Tables

/// What an `infwidth_network *` points to.
final class NetworkBox: Sendable {
  let network: Network

  init(_ network: Network) { self.network = network }

  /// Hands the network out to the caller, who closes it.
  func handOut(to pointer: UnsafeMutablePointer<OpaquePointer?>) {
    pointer.pointee = OpaquePointer(Unmanaged.passRetained(self).toOpaque())
  }
}

/// The network of a handle.
func network(_ handle: OpaquePointer?) throws -> Network {
  let pointer = UnsafeRawPointer(try required(handle, "network"))
  return Unmanaged<NetworkBox>.fromOpaque(pointer).takeUnretainedValue().network
}

/// The version's bytes, which live as long as the process.
nonisolated(unsafe) private let versionText = UnsafePointer(strdup(Program.version))

@c @implementation
public func infwidth_version() -> UnsafePointer<CChar>! { versionText }

@c @implementation
public func infwidth_free(_ memory: UnsafeMutableRawPointer!) { free(memory) }

@c @implementation
public func infwidth_network_open(
  _ name: UnsafePointer<CChar>!, _ dimension: Int, _ network: UnsafeMutablePointer<OpaquePointer?>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let result = try required(network, "the pointer for the network")
    guard (1...Network.maximumInputDimension).contains(dimension) else {
      throw Failure.usage(
        "dimension is \(UInt(bitPattern: dimension)). Give a number from 1 to \(Network.maximumInputDimension).")
    }
    NetworkBox(try Network(named: try text(name, "name"), dimension: dimension)).handOut(to: result)
  }
}

@c @implementation
public func infwidth_network_parse(
  _ yaml: UnsafePointer<CChar>!, _ network: UnsafeMutablePointer<OpaquePointer?>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let result = try required(network, "the pointer for the network")
    // The bytes as they are: the reader says in which line they are not UTF-8.
    let bytes = try required(yaml, "text")
    NetworkBox(try Network(yaml: Data(bytes: bytes, count: strlen(bytes)))).handOut(to: result)
  }
}

@c @implementation
public func infwidth_network_close(_ network: OpaquePointer!) {
  guard let network else { return }
  Unmanaged<NetworkBox>.fromOpaque(UnsafeRawPointer(network)).release()
}

@c @implementation
public func infwidth_network_dimension(_ network: OpaquePointer!) -> Int {
  guard let network else { return 0 }
  return Unmanaged<NetworkBox>.fromOpaque(UnsafeRawPointer(network)).takeUnretainedValue().network.inputDimension
}

@c @implementation
public func infwidth_network_yaml(
  _ network: OpaquePointer!, _ yaml: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let result = try required(yaml, "the pointer for the text")
    try handOut(try CInterface.network(network).yaml, to: result)
  }
}
