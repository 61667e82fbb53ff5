package token

// The two processes speak in lines of JSON over the helper's standard input and
// output, one request at a time.

// Word, as the program's first argument, makes it the helper.
const Word = "token-helper"

// maxLine bounds a line, in bytes.
const maxLine = 8 << 20

// request is what the helper is to do.
type request struct {
	Op       string `json:"op"` // load, tokens, objects, login, sign
	Module   string `json:"module,omitempty"`
	Settings string `json:"settings,omitempty"` // NSS's, for C_Initialize
	Slot     uint64 `json:"slot,omitempty"`
	PIN      []byte `json:"pin,omitempty"`
	Pad      bool   `json:"pad,omitempty"` // the reader takes the PIN
	Key      []byte `json:"key,omitempty"` // CKA_ID
	Kind     string `json:"kind,omitempty"`
	Hash     string `json:"hash,omitempty"` // of rsa-pss
	Salt     int    `json:"salt,omitempty"`
	Data     []byte `json:"data,omitempty"`
}

// reply is what came of it. Value is the module's CK_RV, 0 = good.
type reply struct {
	Value      uint64   `json:"value,omitempty"`
	Call       string   `json:"call,omitempty"` // the function that gave it
	Error      string   `json:"error,omitempty"`
	Tokens     []Token  `json:"tokens,omitempty"`
	Objects    []Object `json:"objects,omitempty"`
	Keys       [][]byte `json:"keys,omitempty"` // CKA_ID of the private keys that are seen
	Mechanisms []uint64 `json:"mechanisms,omitempty"`
	Signature  []byte   `json:"signature,omitempty"`
}
