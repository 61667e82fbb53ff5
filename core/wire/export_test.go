package wire

// OpenShort opens a packet with a short header and no connection ID under a
// traffic secret.
func OpenShort(version uint32, suiteID uint16, secret, data []byte, largest int64) (number int64, text []byte, ok bool) {
	s, _ := suiteOf(suiteID)
	keys, err := newPacketKeys(version, suiteID, s, secret)
	if err != nil {
		return 0, nil, false
	}
	number, text, _, ok = keys.open(nil, &packet{data: data, number: 1, short: true}, largest)
	return number, text, ok
}

// PacketNumber is packetNumber.
var PacketNumber = packetNumber

// Missing counts the numbers of acked that seen lacks, each given as pairs.
func Missing(acked, seen [][2]int64) int64 {
	var a, s ranges
	for _, x := range acked {
		a.add(x[0], x[1])
	}
	for _, x := range seen {
		s.add(x[0], x[1])
	}
	return a.without(s)
}
