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
)

// Event is one operation on a cache. It holds no secret.
type Event struct {
	By     int     `json:"-"` // index of the connection on whose behalf; 0 = the user or the clock
	Op     Op      `json:"op"`
	Key    string  `json:"key,omitempty"`
	Info   *Info   `json:"session,omitempty"`
	AgeMS  float64 `json:"age_ms,omitempty"` // of Info on a hit, in milliseconds of the client's clock
	Reason string  `json:"reason,omitempty"` // "disabled", "empty", "other-key", "expired", "replaced", "capacity", "single-use", "user", "refused" ...
}
