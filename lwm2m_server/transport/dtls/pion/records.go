package main

import (
	"bytes"
	"encoding/binary"
)

// RFC 6347 §4.1 and §4.2.2, RFC 9146 §4.
const (
	contentHandshake = 22
	contentCID       = 25

	recordHeader    = 13
	handshakeHeader = 12
	sequenceAt      = 5
	lengthAt        = 11
	cidAt           = 11
	cidLength       = 8

	clientHello        = 1
	helloVerifyRequest = 3
)

type record struct {
	content byte
	epoch   uint16
	bytes   []byte
}

// nextRecord splits the first record off; nil where there is no whole one.
func nextRecord(datagram []byte) (*record, []byte) {
	at := lengthAt
	if len(datagram) > 0 && datagram[0] == contentCID {
		at += cidLength
	}
	if len(datagram) < at+2 {
		return nil, nil
	}
	end := at + 2 + int(binary.BigEndian.Uint16(datagram[at:]))
	if end > len(datagram) {
		return nil, nil
	}
	return &record{datagram[0], binary.BigEndian.Uint16(datagram[3:]), datagram[:end]}, datagram[end:]
}

// protectedOnly returns a copy of the records that are not of epoch 0: what else comes to a
// finished session, or with a Connection ID, is a repetition of its handshake or somebody else's
// invention, which the library would answer with an alert that ends the session (RFC 6347 §4.1.2.7).
func protectedOnly(datagram []byte) []byte {
	kept := make([]byte, 0, len(datagram))
	for rest := datagram; len(rest) > 0; {
		var one *record
		if one, rest = nextRecord(rest); one == nil {
			break
		}
		if one.epoch > 0 {
			kept = append(kept, one.bytes...)
		}
	}
	return kept
}

// hasFinished tells whether a datagram has a message of the handshake that is protected, of which
// there is but one. With a Connection ID its kind is not told.
func hasFinished(datagram []byte) bool {
	for rest := datagram; len(rest) > 0; {
		var one *record
		if one, rest = nextRecord(rest); one == nil {
			break
		}
		if one.epoch > 0 && (one.content == contentHandshake || one.content == contentCID) {
			return true
		}
	}
	return false
}

// hello is a ClientHello in one record and one fragment, the only form that can be answered
// without keeping anything.
type hello struct {
	datagram   []byte // its record alone
	message    uint16 // message_seq
	random     []byte
	parameters []byte // what must not change after a HelloVerifyRequest, cookie left out
	cookie     []byte
	cookieAt   int // the offset of the cookie's length
}

// parseHello returns the ClientHello that a datagram begins with, nil for anything else.
func parseHello(datagram []byte) *hello {
	one, _ := nextRecord(datagram)
	if one == nil || one.content != contentHandshake || one.epoch != 0 {
		return nil
	}
	message := one.bytes[recordHeader:]
	if len(message) < handshakeHeader || message[0] != clientHello {
		return nil
	}
	whole := bytes.Equal(message[1:4], message[9:12]) && message[6] == 0 && message[7] == 0 && message[8] == 0
	if !whole || uint24(message[1:]) != len(message)-handshakeHeader {
		return nil
	}
	in := cutter{rest: message[handshakeHeader:]}
	fixed := in.take(2 + 32)
	session := in.vector(1)
	cookieAt := len(one.bytes) - len(in.rest)
	cookie := in.vector(1)
	suites := in.vector(2)
	compression := in.vector(1)
	if in.failed {
		return nil
	}
	return &hello{
		datagram:   one.bytes,
		message:    binary.BigEndian.Uint16(message[4:]),
		random:     fixed[2:],
		parameters: bytes.Join([][]byte{fixed, session, suites, compression}, nil),
		cookie:     cookie,
		cookieAt:   cookieAt,
	}
}

// verifyRequest returns the datagram that asks for the cookie (RFC 6347 §4.2.1): of the
// ClientHello's own record number, so that none of ours has to be remembered.
func (h *hello) verifyRequest(cookie []byte) []byte {
	body := append([]byte{0xfe, 0xff, byte(len(cookie))}, cookie...)
	message := append([]byte{helloVerifyRequest}, triple(len(body))...)
	message = append(message, 0, 0, 0, 0, 0) // message_seq 0, fragment offset 0
	message = append(message, triple(len(body))...)
	message = append(message, body...)
	datagram := append([]byte{contentHandshake, 0xfe, 0xff, 0, 0}, h.datagram[sequenceAt:lengthAt]...)
	datagram = binary.BigEndian.AppendUint16(datagram, uint16(len(message)))
	return append(datagram, message...)
}

func isVerifyRequest(datagram []byte) bool {
	return len(datagram) > recordHeader && datagram[0] == contentHandshake &&
		datagram[recordHeader] == helloVerifyRequest && datagram[4] == 0
}

// first returns the ClientHello as it had been before its cookie: message 0, one record earlier.
func (h *hello) first() []byte {
	after := h.cookieAt + 1 + len(h.cookie)
	datagram := append([]byte{}, h.datagram[:h.cookieAt]...)
	datagram = append(append(datagram, 0), h.datagram[after:]...)
	putSequence(datagram, h.sequence()-1)
	length := len(datagram) - recordHeader
	binary.BigEndian.PutUint16(datagram[lengthAt:], uint16(length))
	message := datagram[recordHeader:]
	copy(message[1:], triple(length-handshakeHeader))
	copy(message[4:], []byte{0, 0})
	copy(message[9:], triple(length-handshakeHeader))
	return datagram
}

func (h *hello) sequence() uint64 { return sequence(h.datagram) }

func sequence(record []byte) uint64 {
	return binary.BigEndian.Uint64(record[sequenceAt-2:]) & (1<<48 - 1)
}

func putSequence(record []byte, number uint64) {
	epoch := binary.BigEndian.Uint16(record[sequenceAt-2:])
	binary.BigEndian.PutUint64(record[sequenceAt-2:], uint64(epoch)<<48|number&(1<<48-1))
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

func triple(n int) []byte { return []byte{byte(n >> 16), byte(n >> 8), byte(n)} }

// cutter takes fields off the front; once one is missing all that follow are empty.
type cutter struct {
	rest   []byte
	failed bool
}

func (c *cutter) take(n int) []byte {
	if c.failed || len(c.rest) < n {
		c.failed = true
		return nil
	}
	field := c.rest[:n]
	c.rest = c.rest[n:]
	return field
}

func (c *cutter) vector(width int) []byte {
	length := 0
	for _, b := range c.take(width) {
		length = length<<8 | int(b)
	}
	return c.take(length)
}
