package servers

import "fmt"

var caddy = kind{program: "caddy", spec: func(m Mode, dir string, port int) spec {
	mode := map[Auth]string{Optional: "verify_if_given", Required: "require_and_verify"}[m.Auth]
	return spec{
		args: []string{"run", "--config", dir + "/caddy.json"},
		files: map[string]string{"caddy.json": fmt.Sprintf(`{
  "admin": {"disabled": true, "config": {"persist": false}},
  "logging": {"logs": {"default": {"level": "ERROR"}}},
  "apps": {
    "http": {"servers": {"s": {
      "listen": ["127.0.0.1:%[2]d"],
      "automatic_https": {"disable": true}, "strict_sni_host": false,
      "tls_connection_policies": [{
        "protocol_min": "tls%[3]s", "protocol_max": "tls%[3]s",
        "client_authentication": {"mode": %[4]q, "trusted_ca_certs_pem_files": ["%[1]s/ca.pem"]}
      }],
      "routes": [{"handle": [{
        "handler": "static_response", "body": "ok\n",
        "headers": {"X-Client-Dn": ["{http.request.tls.client.subject}"], "X-Resumed": ["{http.request.tls.resumed}"]}
      }]}]
    }}},
    "tls": {
      "certificates": {"load_files": [{"certificate": "%[1]s/server.pem", "key": "%[1]s/server.key"}]},
      "session_tickets": {"disabled": %[5]v}
    }
  }
}
`, dir, port, m.Version, mode, m.Sessions == Neither)},
	}
}}
