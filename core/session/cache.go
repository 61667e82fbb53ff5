package session

// Cache keeps the sessions of one pass under one Policy. It is safe for
// concurrent use; observe is called in the order of the operations, under no lock.
type Cache struct {
	policy  Policy
	clock   Clock
	observe func(Event)
}

// NewCache returns an empty cache.
func NewCache(policy Policy, clock Clock, observe func(Event)) *Cache {
	return &Cache{policy: policy, clock: clock, observe: observe}
}

// Lookup returns a copy of the session to offer for c, or nil, on behalf of
// connection by. Only sessions made by the given stack can be offered; the key
// printed is returned always.
func (c *Cache) Lookup(by int, at Coordinates, stack string) (*Session, string) { return nil, "" }

// Store keeps s for at; Serial, Key and Expires are filled in. Its events are
// on behalf of s.MadeBy.
func (c *Cache) Store(at Coordinates, s Session) {}

// Restore puts back a session saved by an earlier run, under the key it had; MadeBy becomes 0.
func (c *Cache) Restore(s Session) {}

// Refused tells the cache that the server or stack turned the session down
// when connection by offered it; reason goes into the event.
func (c *Cache) Refused(by, serial int, reason string) {}

// Entries lists what is in the cache, oldest first, expired ones left out.
func (c *Cache) Entries() []Info { return nil }

// Sessions returns copies with their secrets, for a file the user asked for.
func (c *Cache) Sessions() []Session { return nil }

// Flush, Remove, Expire and Pin are the user's operations.
func (c *Cache) Flush()                       {}
func (c *Cache) Remove(serial int) bool       { return false }
func (c *Cache) Expire(serial int) bool       { return false }
func (c *Cache) Pin(serial int, on bool) bool { return false }
