package token

import (
	"errors"
	"fmt"

	"rechallenge/core/identity"
)

// Values of a CK_RV that mean something here (PKCS#11 2.40, section 5.1).
const (
	valueSlotInvalid     = 0x3
	valueDeviceError     = 0x30
	valueDeviceMemory    = 0x31
	valueDeviceRemoved   = 0x32
	valueCanceled        = 0x50
	valueKeyInvalid      = 0x60
	valueMechanism       = 0x70
	valueObjectInvalid   = 0x82
	valueActive          = 0x90
	valuePINIncorrect    = 0xa0
	valuePINInvalid      = 0xa1
	valuePINLength       = 0xa2
	valuePINExpired      = 0xa3
	valuePINLocked       = 0xa4
	valueSessionClosed   = 0xb0
	valueSessionCount    = 0xb1
	valueSessionInvalid  = 0xb3
	valueNotPresent      = 0xe0
	valueNotRecognized   = 0xe1
	valueAlreadyLoggedIn = 0x100
	valueNotLoggedIn     = 0x101
	valueNoPIN           = 0x102
	// valueKeyGone is ours: the key that was there is not found any more.
	valueKeyGone = 1 << 40
)

var valueNames = map[uint64]string{
	0x2: "HOST_MEMORY", valueSlotInvalid: "SLOT_ID_INVALID", 0x5: "GENERAL_ERROR", 0x6: "FUNCTION_FAILED", 0x7: "ARGUMENTS_BAD",
	valueDeviceError: "DEVICE_ERROR", valueDeviceMemory: "DEVICE_MEMORY", valueDeviceRemoved: "DEVICE_REMOVED", valueCanceled: "FUNCTION_CANCELED",
	0x54: "FUNCTION_NOT_SUPPORTED", valueKeyInvalid: "KEY_HANDLE_INVALID", 0x68: "KEY_FUNCTION_NOT_PERMITTED", valueMechanism: "MECHANISM_INVALID",
	0x71: "MECHANISM_PARAM_INVALID", valueObjectInvalid: "OBJECT_HANDLE_INVALID", valueActive: "OPERATION_ACTIVE", 0x91: "OPERATION_NOT_INITIALIZED",
	valuePINIncorrect: "PIN_INCORRECT", valuePINInvalid: "PIN_INVALID", valuePINLength: "PIN_LEN_RANGE", valuePINExpired: "PIN_EXPIRED", valuePINLocked: "PIN_LOCKED",
	valueSessionClosed: "SESSION_CLOSED", valueSessionCount: "SESSION_COUNT", valueSessionInvalid: "SESSION_HANDLE_INVALID", valueNotPresent: "TOKEN_NOT_PRESENT",
	valueNotRecognized: "TOKEN_NOT_RECOGNIZED", valueNotLoggedIn: "USER_NOT_LOGGED_IN", valueNoPIN: "USER_PIN_NOT_INITIALIZED", 0x190: "CRYPTOKI_NOT_INITIALIZED",
}

func valueName(v uint64) string {
	if v == valueKeyGone {
		return "the key is not found any more"
	}
	if n, ok := valueNames[v]; ok {
		return "CKR_" + n
	}
	return fmt.Sprintf("CKR 0x%x", v)
}

// Kinds of signatures, and CKM_ of each.
const (
	kindPKCS1 = "rsa-pkcs1"
	kindPSS   = "rsa-pss"
	kindRaw   = "rsa-raw"
	kindECDSA = "ecdsa"
	kindEdDSA = "eddsa"
)

var mechanisms = map[string]uint64{kindPKCS1: 0x1, kindRaw: 0x3, kindPSS: 0xd, kindECDSA: 0x1041, kindEdDSA: 0x1057}

// failure makes a reply's value an error of a signature, with its reason.
func (r reply) failure() error {
	if r.Error != "" {
		return errors.New(r.Error)
	}
	if r.Value == 0 {
		return nil
	}
	e := fmt.Errorf("%s: %s", r.Call, valueName(r.Value))
	reason := identity.KeyReason("")
	switch r.Value {
	case valueDeviceRemoved, valueNotPresent, valueNotRecognized, valueSlotInvalid, valueSessionInvalid, valueSessionClosed, valueObjectInvalid, valueKeyInvalid,
		valueKeyGone, valueDeviceError, 0x190:
		reason = identity.KeyGone
	case valuePINLocked, valuePINExpired, valueNotLoggedIn, valuePINIncorrect:
		reason = identity.KeyLocked
	case valueSessionCount, valueActive, valueDeviceMemory, valueCanceled:
		reason = identity.KeyBusy
	default:
		return e
	}
	return &identity.KeyFailure{Reason: reason, Err: e}
}

// result is a value that is not good, with its function.
func result(value uint64, call string) reply { return reply{Value: value, Call: call} }

// loggedOut reports whether the token was pulled, or ended the session: a login
// ended with it.
func (r reply) loggedOut() bool {
	switch r.Value {
	case valueDeviceRemoved, valueNotPresent, valueSessionInvalid, valueSessionClosed, valueNotLoggedIn:
		return true
	}
	return false
}
