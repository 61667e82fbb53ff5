package session

// Refused tells the cache that the server or stack turned the session down
// when connection by offered it: it is dropped. reason goes into the event;
// "" = ReasonRefused.
func (c *Cache) Refused(by, serial int, reason string) {
	if reason == "" {
		reason = ReasonRefused
	}
	c.take(by, serial, OpRemove, reason)
}

// Entries lists what is in the cache, oldest first, expired ones left out.
func (c *Cache) Entries() []Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	infos := []Info{}
	for _, e := range c.entries {
		if !e.over(now) {
			infos = append(infos, e.Info)
		}
	}
	return infos
}

// Sessions returns copies with their secrets, for a file the user asked for;
// expired ones are left out.
func (c *Cache) Sessions() []Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	var sessions []Session
	for _, e := range c.entries {
		if !e.over(now) {
			sessions = append(sessions, e.copy())
		}
	}
	return sessions
}

// Flush empties the cache for the user, pinned sessions too.
func (c *Cache) Flush() {
	c.change(0, func() {
		c.entries = nil
		c.tell(Event{Op: OpFlush, Reason: ReasonUser})
	})
}

// Remove drops a session for the user. It reports whether it was there.
func (c *Cache) Remove(serial int) bool { return c.take(0, serial, OpRemove, ReasonUser) }

// Expire ends a session's life now, for the user. It reports whether it was there.
func (c *Cache) Expire(serial int) bool { return c.take(0, serial, OpExpire, ReasonUser) }

// take drops the session of that serial, pinned or not.
func (c *Cache) take(by, serial int, op Op, reason string) (found bool) {
	c.change(by, func() {
		c.dropWhere(func(e *entry) bool { return e.Serial == serial }, func(e *entry) {
			found = true
			c.tell(Event{Op: op, Key: e.Key, Info: e.info(), Reason: reason})
		})
	})
	return found
}

// Pin keeps a session from expiring, being evicted and being used up, or lets
// go of it again, for the user. It reports whether it was there.
func (c *Cache) Pin(serial int, on bool) (found bool) {
	c.change(0, func() {
		for _, e := range c.entries {
			if e.Serial == serial {
				found = true
				e.Pinned = on
				c.tell(Event{Op: OpPin, Key: e.Key, Info: e.info(), Reason: ReasonUser})
			}
		}
	})
	return found
}
