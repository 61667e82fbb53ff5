package state

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"rechallenge/core/target"
)

// AddressText is a target's addresses as a person types them.
func AddressText(list target.Addresses) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// ParseAddresses is AddressText's other way.
func ParseAddresses(text string) (target.Addresses, error) {
	var list target.Addresses
	for _, s := range List(text) {
		a, err := netip.ParseAddrPort(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not IP:port, such as 127.0.0.1:8443", s)
		}
		list = append(list, a)
	}
	return list, nil
}

// List is what a person types with commas.
func List(text string) []string {
	var list []string
	for _, s := range strings.Split(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// HeaderText is a target's headers, one on a line.
func HeaderText(headers map[string]string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lines = append(lines, name+": "+headers[name])
	}
	return strings.Join(lines, "\n")
}

// ParseHeaders is HeaderText's other way.
func ParseHeaders(text string) (map[string]string, error) {
	var headers map[string]string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%q has no colon: write Name: value", line)
		}
		if headers == nil {
			headers = map[string]string{}
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return headers, nil
}
