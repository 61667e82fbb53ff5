package target

import (
	"encoding/json"
	"fmt"
	"net/netip"
)

// ParseAddress reads one literal address and port.
func ParseAddress(text string) (netip.AddrPort, error) {
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		return a, fmt.Errorf("%q must be an IP address and a port, such as 127.0.0.1:8443 or [::1]:8443", text)
	}
	if a.Port() == 0 {
		return a, fmt.Errorf("%q: port 0 is not between 1 and 65535", text)
	}
	return a, nil
}

func (a Addresses) check() error {
	if len(a) > maxAddresses {
		return fmt.Errorf("%d addresses: at most %d are possible", len(a), maxAddresses)
	}
	for i, address := range a {
		if !address.IsValid() || address.Port() == 0 {
			return fmt.Errorf("address %d is not an IP address and a port", i+1)
		}
		for _, other := range a[:i] {
			if other == address {
				return fmt.Errorf("%s is there twice", address)
			}
		}
	}
	return nil
}

// texts is what a encodes as: one string, or a list of several.
func (a Addresses) texts() any {
	if len(a) == 1 {
		return a[0].String()
	}
	list := make([]string, len(a))
	for i, address := range a {
		list[i] = address.String()
	}
	return list
}

// MarshalYAML writes a single address as a scalar.
func (a Addresses) MarshalYAML() (any, error) { return a.texts(), nil }

// MarshalJSON writes a single address as a string.
func (a Addresses) MarshalJSON() ([]byte, error) { return json.Marshal(a.texts()) }

// UnmarshalYAML reads a scalar or a list.
func (a *Addresses) UnmarshalYAML(unmarshal func(any) error) error { return a.read(unmarshal) }

// UnmarshalJSON reads a string or a list.
func (a *Addresses) UnmarshalJSON(data []byte) error {
	return a.read(func(v any) error { return json.Unmarshal(data, v) })
}

func (a *Addresses) read(unmarshal func(any) error) error {
	var list []string
	var one string
	if unmarshal(&one) == nil {
		list = []string{one}
	} else if err := unmarshal(&list); err != nil {
		return fmt.Errorf("connect_to: must be an address or a list of addresses")
	}
	*a = nil
	for _, text := range list {
		if text == "" {
			continue
		}
		address, err := ParseAddress(text)
		if err != nil {
			return fmt.Errorf("connect_to: %w", err)
		}
		*a = append(*a, address)
	}
	return nil
}
