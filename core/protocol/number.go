package protocol

// HandshakeType is the type of a handshake message (RFC 8446 section 4, RFC 5246 section 7.4).
type HandshakeType uint8

// The handshake types that are treated by name.
const (
	TypeHelloRequest          HandshakeType = 0
	TypeClientHello           HandshakeType = 1
	TypeServerHello           HandshakeType = 2
	TypeNewSessionTicket      HandshakeType = 4
	TypeEndOfEarlyData        HandshakeType = 5
	TypeEncryptedExtensions   HandshakeType = 8
	TypeCertificate           HandshakeType = 11
	TypeServerKeyExchange     HandshakeType = 12
	TypeCertificateRequest    HandshakeType = 13
	TypeServerHelloDone       HandshakeType = 14
	TypeCertificateVerify     HandshakeType = 15
	TypeClientKeyExchange     HandshakeType = 16
	TypeFinished              HandshakeType = 20
	TypeCertificateStatus     HandshakeType = 22
	TypeKeyUpdate             HandshakeType = 24
	TypeCompressedCertificate HandshakeType = 25
	TypeNextProtocol          HandshakeType = 67
)

// The extensions that are treated by number (RFC 8446 section 4.2 and the
// IANA registry "TLS ExtensionType Values").
const (
	ExtensionServerName          uint16 = 0
	ExtensionSignatureAlgorithms uint16 = 13
	ExtensionALPN                uint16 = 16
	ExtensionEncryptThenMAC      uint16 = 22
	ExtensionMasterSecret        uint16 = 23
	ExtensionSessionTicket       uint16 = 35
	ExtensionPreSharedKey        uint16 = 41
	ExtensionEarlyData           uint16 = 42
	ExtensionSupportedVersions   uint16 = 43
	ExtensionCertAuthorities     uint16 = 47
	ExtensionOIDFilters          uint16 = 48
	ExtensionPostHandshakeAuth   uint16 = 49
)

// The alerts that are treated by number (RFC 8446 section 6).
const (
	AlertCloseNotify         uint8 = 0
	AlertHandshakeFailure    uint8 = 40
	AlertNoCertificate       uint8 = 41
	AlertBadCertificate      uint8 = 42
	AlertUnsupported         uint8 = 43
	AlertCertificateRevoked  uint8 = 44
	AlertCertificateExpired  uint8 = 45
	AlertCertificateUnknown  uint8 = 46
	AlertIllegalParameter    uint8 = 47
	AlertUnknownCA           uint8 = 48
	AlertAccessDenied        uint8 = 49
	AlertDecodeError         uint8 = 50
	AlertDecryptError        uint8 = 51
	AlertProtocolVersion     uint8 = 70
	AlertUserCanceled        uint8 = 90
	AlertCertificateRequired uint8 = 116
	AlertNoApplicationProto  uint8 = 120
)

// The levels of an alert.
const (
	LevelWarning uint8 = 1
	LevelFatal   uint8 = 2
)
