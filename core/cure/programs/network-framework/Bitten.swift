// Each connection has its identity; the sessions are the system's.
import Network
import Security

func connect(_ identity: sec_identity_t) -> NWConnection {
    let tls = NWProtocolTLS.Options()
    sec_protocol_options_set_local_identity(tls.securityProtocolOptions, identity)
    let connection = NWConnection(host: "api.test", port: 443, using: NWParameters(tls: tls))
    connection.start(queue: .main)
    return connection
}

let connections = [first, second].map(connect)
