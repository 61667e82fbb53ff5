package openssl

import "unsafe"

// symbols are the library's functions by their C names. A pointer to an object
// of the library is a uintptr; Go memory is an unsafe.Pointer and lent for the
// call only. C's int is int32; its long, which is 32 bits on Windows, is an int.
type symbols struct {
	OPENSSL_init_ssl    func(opts uint64, settings unsafe.Pointer) int32
	OpenSSL_version     func(t int32) string
	OpenSSL_version_num func() uint
	ERR_clear_error     func()
	ERR_get_error       func() uint
	ERR_error_string_n  func(e uint, buf unsafe.Pointer, size uintptr)

	TLS_client_method                  func() uintptr
	TLS_server_method                  func() uintptr
	SSL_CTX_new                        func(method uintptr) uintptr
	SSL_CTX_free                       func(ctx uintptr)
	SSL_CTX_ctrl                       func(ctx uintptr, cmd int32, arg int, p uintptr) int
	SSL_CTX_set_options                func(ctx uintptr, options uint64) uint64
	SSL_set_options                    func(ssl uintptr, options uint64) uint64
	SSL_CTX_sess_set_new_cb            func(ctx, cb uintptr)
	SSL_CTX_set_keylog_callback        func(ctx, cb uintptr)
	SSL_CTX_set_cert_verify_callback   func(ctx, cb, arg uintptr)
	SSL_CTX_set_verify                 func(ctx uintptr, mode int32, cb uintptr)
	SSL_CTX_set_cert_cb                func(ctx, cb, arg uintptr)
	SSL_CTX_set_msg_callback           func(ctx, cb uintptr)
	SSL_CTX_set_client_hello_cb        func(ctx, cb, arg uintptr)
	SSL_CTX_set_alpn_select_cb         func(ctx, cb, arg uintptr)
	SSL_CTX_set_session_ticket_cb      func(ctx, generate, decrypt, arg uintptr) int32
	SSL_CTX_set_num_tickets            func(ctx, n uintptr) int32
	SSL_CTX_set_timeout                func(ctx uintptr, seconds int) int
	SSL_CTX_remove_session             func(ctx, session uintptr) int32
	SSL_get_ex_data_X509_STORE_CTX_idx func() int32

	SSL_new                          func(ctx uintptr) uintptr
	SSL_free                         func(ssl uintptr)
	SSL_set_bio                      func(ssl, in, out uintptr)
	SSL_set_connect_state            func(ssl uintptr)
	SSL_set_accept_state             func(ssl uintptr)
	SSL_ctrl                         func(ssl uintptr, cmd int32, arg int, p uintptr) int
	SSL_set_ciphersuites             func(ssl uintptr, list string) int32
	SSL_set_cipher_list              func(ssl uintptr, list string) int32
	SSL_set_security_level           func(ssl uintptr, level int32)
	SSL_set_alpn_protos              func(ssl uintptr, list unsafe.Pointer, length uint32) int32
	SSL_set_post_handshake_auth      func(ssl uintptr, on int32)
	SSL_set_verify                   func(ssl uintptr, mode int32, cb uintptr)
	SSL_set_session                  func(ssl, session uintptr) int32
	SSL_set_session_id_context       func(ssl uintptr, id unsafe.Pointer, length uint32) int32
	SSL_set0_CA_list                 func(ssl, names uintptr)
	SSL_use_cert_and_key             func(ssl, cert, key, chain uintptr, override int32) int32
	SSL_do_handshake                 func(ssl uintptr) int32
	SSL_read                         func(ssl uintptr, buf unsafe.Pointer, n int32) int32
	SSL_peek                         func(ssl uintptr, buf unsafe.Pointer, n int32) int32
	SSL_write                        func(ssl uintptr, buf unsafe.Pointer, n int32) int32
	SSL_shutdown                     func(ssl uintptr) int32
	SSL_get_error                    func(ssl uintptr, r int32) int32
	SSL_is_init_finished             func(ssl uintptr) int32
	SSL_session_reused               func(ssl uintptr) int32
	SSL_version                      func(ssl uintptr) int32
	SSL_get_current_cipher           func(ssl uintptr) uintptr
	SSL_CIPHER_get_protocol_id       func(cipher uintptr) uint16
	SSL_get0_alpn_selected           func(ssl uintptr, data, length unsafe.Pointer)
	SSL_get_peer_cert_chain          func(ssl uintptr) uintptr
	SSL_get_peer_certificate         func(ssl uintptr) uintptr
	SSL_get0_peer_CA_list            func(ssl uintptr) uintptr
	SSL_get_session                  func(ssl uintptr) uintptr
	SSL_renegotiate                  func(ssl uintptr) int32
	SSL_renegotiate_pending          func(ssl uintptr) int32
	SSL_verify_client_post_handshake func(ssl uintptr) int32
	SSL_client_hello_get0_ext        func(ssl uintptr, kind uint32, data, length unsafe.Pointer) int32
	SSL_client_hello_get0_session_id func(ssl uintptr, id unsafe.Pointer) uintptr

	SSL_SESSION_up_ref                   func(s uintptr) int32
	SSL_SESSION_free                     func(s uintptr)
	SSL_SESSION_get_id                   func(s uintptr, length unsafe.Pointer) uintptr
	SSL_SESSION_has_ticket               func(s uintptr) int32
	SSL_SESSION_get0_ticket              func(s uintptr, data, length unsafe.Pointer)
	SSL_SESSION_get_ticket_lifetime_hint func(s uintptr) uint
	SSL_SESSION_get_master_key           func(s uintptr, out unsafe.Pointer, size uintptr) uintptr
	SSL_SESSION_get_protocol_version     func(s uintptr) int32
	SSL_SESSION_get0_cipher              func(s uintptr) uintptr
	SSL_SESSION_is_resumable             func(s uintptr) int32
	SSL_SESSION_set_time                 func(s uintptr, seconds int) int
	SSL_SESSION_set1_ticket_appdata      func(s uintptr, data unsafe.Pointer, length uintptr) int32
	SSL_SESSION_get0_ticket_appdata      func(s uintptr, data, length unsafe.Pointer) int32
	I2d_SSL_SESSION                      func(s uintptr, out unsafe.Pointer) int32
	D2i_SSL_SESSION                      func(s uintptr, in unsafe.Pointer, length int) uintptr

	BIO_new          func(method uintptr) uintptr
	BIO_free         func(bio uintptr) int32
	BIO_s_mem        func() uintptr
	BIO_write        func(bio uintptr, data unsafe.Pointer, n int32) int32
	BIO_read         func(bio uintptr, data unsafe.Pointer, n int32) int32
	BIO_ctrl_pending func(bio uintptr) uintptr

	OPENSSL_sk_new_null           func() uintptr
	OPENSSL_sk_push               func(sk, item uintptr) int32
	OPENSSL_sk_num                func(sk uintptr) int32
	OPENSSL_sk_value              func(sk uintptr, i int32) uintptr
	OPENSSL_sk_free               func(sk uintptr)
	D2i_X509                      func(x uintptr, in unsafe.Pointer, length int) uintptr
	I2d_X509                      func(x uintptr, out unsafe.Pointer) int32
	X509_free                     func(x uintptr)
	D2i_X509_NAME                 func(x uintptr, in unsafe.Pointer, length int) uintptr
	I2d_X509_NAME                 func(x uintptr, out unsafe.Pointer) int32
	D2i_AutoPrivateKey            func(k uintptr, in unsafe.Pointer, length int) uintptr
	EVP_PKEY_free                 func(k uintptr)
	X509_STORE_CTX_get_ex_data    func(ctx uintptr, index int32) uintptr
	X509_STORE_CTX_get0_untrusted func(ctx uintptr) uintptr
	X509_STORE_CTX_set_error      func(ctx uintptr, code int32)
}

// renamed lists functions under the name they have in OpenSSL 3.
var renamed = map[string]string{"SSL_get_peer_certificate": "SSL_get1_peer_certificate"}
