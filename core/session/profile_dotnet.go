package session

import (
	"time"

	"rechallenge/core/protocol"
)

// dotnetProfiles are .NET on Linux (OpenSSL below) and on Windows (Schannel below).
var dotnetProfiles = []Policy{
	{
		ID: "dotnet", Title: ".NET on Linux", Stack: "System.Net.Security on OpenSSL",
		Chooses: ByList,
		Recipe:  Recipe{PartIdentity, PartName}, Capacity: 500, Mechanisms: []protocol.Mechanism{protocol.Ticket, protocol.PSK},
		Scope: "process", Bitten: "no",
		Source: "dotnet/runtime System.Net.Security, Interop.OpenSsl.cs", Date: read, Confidence: ReadInSource,
		Notes: "One SSL_CTX for each certificate chain, by hash, and in it the target's name without the port. The capacity holds in each; the handler's connection pool is its own.",
	},
	{
		ID: "schannel", Title: ".NET and others on Windows (Schannel)", Stack: "Schannel",
		Chooses: ByList,
		Recipe:  Recipe{PartIdentity, PartVersion, PartName}, TTL: 10 * time.Hour, Mechanisms: []protocol.Mechanism{protocol.SessionID, protocol.Ticket},
		Scope: "process, kept by LSASS", Bitten: "no with explicit certificates",
		Source: "dotnet/runtime System.Net.Security, and Microsoft's Schannel documentation", Date: read, Confidence: Documented,
		Notes: "A credential handle, which stands for thumbprint, protocols, role and policy, and in it the target's name. " +
			"Certificates that Windows picks by itself belong to no handle of their own.",
	},
}
