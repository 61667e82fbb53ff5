package relay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// The words of SOCKS5 that are used (RFC 1928).
const (
	socksConnect = 1

	socksIPv4 = 1
	socksName = 3
	socksIPv6 = 4

	socksDone           = 0
	socksFailed         = 1
	socksNetUnreachable = 3
	socksUnreachable    = 4
	socksRefused        = 5
	socksNoCommand      = 7
	socksNoAddress      = 8
)

// socks5 reads a request of SOCKS5 without authentication.
func socks5(c net.Conn, in *bufio.Reader) (request, error) {
	var head [2]byte // version, number of methods
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return request{}, err
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(in, methods); err != nil {
		return request{}, err
	}
	method := byte(0xff)
	for _, m := range methods {
		if m == 0 {
			method = 0
		}
	}
	if _, err := c.Write([]byte{5, method}); err != nil || method != 0 {
		return request{}, errors.Join(errAnswered, err)
	}
	var ask [4]byte // version, command, reserved, kind of address
	if _, err := io.ReadFull(in, ask[:]); err != nil {
		return request{}, err
	}
	if ask[1] != socksConnect {
		socksAnswer(c, socksNoCommand)
		return request{}, errAnswered
	}
	var host string
	switch ask[3] {
	case socksIPv4, socksIPv6:
		b := make([]byte, map[byte]int{socksIPv4: 4, socksIPv6: 16}[ask[3]])
		if _, err := io.ReadFull(in, b); err != nil {
			return request{}, err
		}
		a, _ := netip.AddrFromSlice(b)
		host = a.String()
	case socksName:
		n, err := in.ReadByte()
		if err != nil {
			return request{}, err
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return request{}, err
		}
		host = string(b)
	default:
		socksAnswer(c, socksNoAddress)
		return request{}, errAnswered
	}
	var port [2]byte
	if _, err := io.ReadFull(in, port[:]); err != nil {
		return request{}, err
	}
	to := net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port[:]))))
	return request{to: to, early: buffered(in), answer: func(c net.Conn, err error) error {
		return socksAnswer(c, socksCode(err))
	}}, nil
}

// socksAnswer answers with a code and no address of ours.
func socksAnswer(c net.Conn, code byte) error {
	_, err := c.Write([]byte{5, code, 0, socksIPv4, 0, 0, 0, 0, 0, 0})
	return err
}

func socksCode(err error) byte {
	switch {
	case err == nil:
		return socksDone
	case errors.Is(err, syscall.ECONNREFUSED):
		return socksRefused
	case errors.Is(err, syscall.EHOSTUNREACH):
		return socksUnreachable
	case errors.Is(err, syscall.ENETUNREACH):
		return socksNetUnreachable
	}
	return socksFailed
}

// socks4 reads a request of SOCKS4, or of SOCKS4a, which has the name behind an
// address 0.0.0.x.
func socks4(in *bufio.Reader) (request, error) {
	var head [8]byte // version, command, port, address
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return request{}, err
	}
	if _, err := text(in); err != nil { // the user's name
		return request{}, err
	}
	host := netip.AddrFrom4([4]byte(head[4:8])).String()
	if head[4] == 0 && head[5] == 0 && head[6] == 0 && head[7] != 0 {
		name, err := text(in)
		if err != nil {
			return request{}, err
		}
		host = name
	}
	to := net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(head[2:4]))))
	command := head[1]
	return request{to: to, early: buffered(in), answer: func(c net.Conn, err error) error {
		code := byte(90)
		if err != nil || command != socksConnect {
			code = 91
		}
		_, e := c.Write([]byte{0, code, 0, 0, 0, 0, 0, 0})
		if command != socksConnect {
			return fmt.Errorf("SOCKS4 command %d is not done", command)
		}
		return e
	}}, nil
}

// text reads up to a zero byte.
func text(in *bufio.Reader) (string, error) {
	b, err := in.ReadString(0)
	if err != nil {
		return "", err
	}
	return b[:len(b)-1], nil
}
