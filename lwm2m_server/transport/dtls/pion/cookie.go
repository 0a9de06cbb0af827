package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"reflect"
	"time"
	"unsafe"

	"github.com/pion/dtls/v3"
)

const cookieLife = 60 // seconds; a cookie is good for this and the next span

// jar makes cookies that nothing has to be kept for (RFC 6347 §4.2.1).
type jar struct{ secret [32]byte }

func newJar() *jar {
	j := &jar{}
	_, _ = rand.Read(j.secret[:]) // never fails
	return j
}

func (j *jar) cookie(peer netip.AddrPort, h *hello, span int64) []byte {
	mac := hmac.New(sha256.New, j.secret[:])
	address := peer.Addr().As16()
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(span)))
	mac.Write(address[:])
	mac.Write(binary.BigEndian.AppendUint16(nil, peer.Port()))
	mac.Write(h.parameters)
	return mac.Sum(nil)
}

func (j *jar) bake(peer netip.AddrPort, h *hello) []byte {
	return j.cookie(peer, h, time.Now().Unix()/cookieLife)
}

func (j *jar) good(peer netip.AddrPort, h *hello) bool {
	span := time.Now().Unix() / cookieLife
	return hmac.Equal(h.cookie, j.cookie(peer, h, span)) ||
		hmac.Equal(h.cookie, j.cookie(peer, h, span-1))
}

// The library makes a cookie of its own for each connection, and thus a connection for
// each ClientHello: state for whoever can send from an invented address. Its cookie is
// therefore replaced by the one that the peer has already shown. It is part of the
// handshake's hash, so there is no other way than to set the field.
var errCookieField = errors.New("this version of pion/dtls keeps its cookie elsewhere")

func checkCookieField() error {
	state, found := reflect.TypeFor[dtls.Conn]().FieldByName("state")
	if !found {
		return errCookieField
	}
	cookie, found := state.Type.FieldByName("cookie")
	if !found || cookie.Type != reflect.TypeFor[[]byte]() {
		return errCookieField
	}
	return nil
}

// setCookie must be called by the library's own handshake, from within a write of its flight.
func setCookie(conn *dtls.Conn, cookie []byte) {
	field := reflect.ValueOf(conn).Elem().FieldByName("state").FieldByName("cookie")
	*(*[]byte)(unsafe.Pointer(field.UnsafeAddr())) = append([]byte{}, cookie...)
}
