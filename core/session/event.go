package session

// Op is what happened in a cache.
type Op string

// The operations. Reason says why where it isn't plain.
const (
	OpHit    Op = "hit"    // a look-up found Info and it will be offered
	OpMiss   Op = "miss"   // a look-up found nothing to offer under Key
	OpStore  Op = "store"  // Info was stored under Key
	OpExpire Op = "expire" // Info reached its end of life, or the user said so
	OpEvict  Op = "evict"  // Info made room for another, or was replaced
	OpRemove Op = "remove" // Info was removed: by the user, by the stack, after single use
	OpFlush  Op = "flush"  // the cache was emptied
	OpPin    Op = "pin"    // Info will not expire or be evicted; also unpin (see Info.Pinned)
	OpIgnore Op = "ignore" // Info was given by the server and not stored; it has no serial
)

// The reasons that this package gives. Refused passes its caller's on.
const (
	ReasonDisabled        = "disabled"         // miss, ignore: the policy keeps no sessions
	ReasonEmpty           = "empty"            // miss: there is nothing in the cache
	ReasonOtherKey        = "other-key"        // miss: everything is kept under other keys
	ReasonOtherStack      = "other-stack"      // miss: what is there was made by another stack
	ReasonExpired         = "expired"          // miss, expire, ignore: its lifetime is over
	ReasonReplaced        = "replaced"         // evict: a newer session came under the same key
	ReasonCapacity        = "capacity"         // evict: the policy keeps no more keys
	ReasonSingleUse       = "single-use"       // remove: offered once, as the policy says
	ReasonIdentityChanged = "identity-changed" // remove: another identity was chosen for the host
	ReasonMechanism       = "mechanism"        // ignore: this client doesn't resume that way
	ReasonFirst           = "first-kept"       // ignore: the client keeps the session it has
	ReasonNoLifetime      = "no-lifetime"      // ignore: the server gave no lifetime, which this client wants
	ReasonNotAnonymous    = "not-anonymous"    // ignore: this client keeps no session that it made with a certificate
	ReasonSameSession     = "same-session"     // store: a known session ID; its lifetime is not extended
	ReasonRestored        = "restored"         // store: from a file of saved sessions
	ReasonUser            = "user"             // whatever the operation
	ReasonRefused         = "refused"          // remove: the server or stack turned it down
)

// Event is one operation on a cache. It holds no secret.
type Event struct {
	Op     Op      `json:"op"`
	Key    string  `json:"key,omitempty"`
	Info   *Info   `json:"session,omitempty"`
	AgeMS  float64 `json:"age_ms,omitempty"` // of Info on a hit, in milliseconds of the client's clock
	Reason string  `json:"reason,omitempty"` // one of the Reason constants, or Refused's
	By     int     `json:"-"`                // index of the connection on whose behalf; 0 = the user's
}
