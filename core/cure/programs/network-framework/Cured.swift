// Each connection has its identity, and takes up no session.
import Network
import Security

func connect(_ identity: sec_identity_t) -> NWConnection {
    let tls = NWProtocolTLS.Options()
    sec_protocol_options_set_local_identity(tls.securityProtocolOptions, identity)
    sec_protocol_options_set_tls_resumption_enabled(tls.securityProtocolOptions, false)
    sec_protocol_options_set_tls_tickets_enabled(tls.securityProtocolOptions, false)
    let connection = NWConnection(host: "api.test", port: 443, using: NWParameters(tls: tls))
    connection.start(queue: .main)
    return connection
}

let connections = [first, second].map(connect)
