package main

import (
	"container/list"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
)

const (
	answerTime    = 10 * time.Second // within which the server tells a key
	handshakeRoom = 64 << 10         // bytes that one handshake may take in
	longestName   = 128              // OMA LwM2M Transport 1.1 §5.2.3
	queued        = 32               // datagrams that wait for their turn
	largestText   = 4096             // several times a CoAP message (RFC 7252 §4.6)

	modePSK  = 1
	modeX509 = 2
)

var (
	errRefused = errors.New("not known to the server")
	silence    = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled, Writer: io.Discard}
)

// What LwM2M asks for (OMA LwM2M Transport 1.1 §5.2), and its better kin; nothing with CBC.
var suites = []dtls.CipherSuiteID{
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
	dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
	dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	dtls.TLS_PSK_WITH_AES_128_GCM_SHA256,
	dtls.TLS_PSK_WITH_AES_128_CCM,
	dtls.TLS_PSK_WITH_AES_128_CCM_8,
}

type identity struct {
	mode byte
	name string
}

type arrival struct {
	datagram []byte
	from     path
}

// session is one association, or the handshake that may become one. To the library it is the
// net.PacketConn beneath a connection.
type session struct {
	front    *front
	id       uint64
	random   [32]byte
	first    path
	shift    uint64 // added to our record numbers of epoch 0 (RFC 6347 §4.2.1)
	conn     *dtls.Conn
	identity identity
	cid      [cidLength]byte
	answers  chan []byte

	// Guarded by the front's lock.
	element *list.Element
	hasCID  bool
	heard   time.Time
	room    int
	// A message of the handshake came that is protected: the Finished.
	finished bool

	keyed       atomic.Bool   // the server gave the key of a PSK identity
	hellos      chan *arrival // come before all that arrives
	greeted     int           // of them taken, by the library's reader alone
	arrivals    chan *arrival
	interrupted chan struct{}
	closed      chan struct{}
	closing     sync.Once
	ending      sync.Once

	mu      sync.Mutex
	next    []byte // the ClientHello with the cookie, until the library has made its own
	cookie  []byte
	busy    bool // the library works at a datagram; what it yields waits until that is over
	told    path
	open    bool
	waiting [][]byte
}

// newSession copies what it keeps of `h`, whose bytes are those of the next datagram soon.
func newSession(f *front, id uint64, h *hello, from path) *session {
	s := &session{
		front:       f,
		id:          id,
		first:       from,
		shift:       h.sequence() - 1,
		answers:     make(chan []byte, 1),
		room:        handshakeRoom,
		hellos:      make(chan *arrival, 2),
		arrivals:    make(chan *arrival, queued),
		interrupted: make(chan struct{}, 1),
		closed:      make(chan struct{}),
		next:        append([]byte{}, h.datagram...),
		cookie:      append([]byte{}, h.cookie...),
	}
	copy(s.random[:], h.random)
	s.hellos <- &arrival{h.first(), from}
	return s
}

func (s *session) begunBy(h *hello) bool { return string(s.random[:]) == string(h.random) }

// prepare makes the library's connection.
func (s *session) prepare() (err error) {
	options := []dtls.ServerOption{
		dtls.WithCipherSuites(suites...),
		dtls.WithPSK(s.askKey),
		dtls.WithConnectionIDGenerator(s.newCID),
		dtls.WithLoggerFactory(silence),
	}
	if own := s.front.told.certificates; own != nil {
		options = append(options,
			dtls.WithCertificates(own...),
			dtls.WithClientAuth(dtls.RequireAnyClientCert),
			dtls.WithVerifyPeerCertificate(s.askIdentity))
	}
	s.conn, err = dtls.ServerWithOptions(s, s.first, options...)
	return err
}

// run makes the handshake, and hands on what comes after it.
func (s *session) run() {
	deadline, cancel := context.WithTimeout(context.Background(), s.front.told.patience)
	err := s.conn.HandshakeContext(deadline)
	cancel()
	if err != nil && s.tried() {
		s.front.control.offer(frameDisproved, s.id, s.first.wire())
	}
	if err != nil || !s.front.opened(s) {
		s.front.over(s, "the handshake failed")
		return
	}
	s.tellOpened()
	buffer := make([]byte, largestText)
	for {
		n, err := s.conn.Read(buffer)
		switch {
		case err == nil:
			s.took(buffer[:n])
		case errors.Is(err, io.EOF):
			s.front.over(s, "the peer closed the session")
			return
		} // else a warning, or a text too large for this server
	}
}

func (s *session) tellOpened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame := append(s.first.wire(), s.identity.mode)
	s.told = s.first
	if s.open = s.front.control.offer(frameOpened, s.id, append(frame, s.identity.name...)); !s.open {
		go s.front.over(s, "the server is too slow")
		return
	}
	if !s.busy {
		s.flush()
	}
}

// tried tells whether the peer named an identity, and what should have proven it did not.
func (s *session) tried() bool {
	s.front.mu.Lock()
	defer s.front.mu.Unlock()
	return s.finished && s.keyed.Load()
}

func (s *session) isOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// finish ends the association; the server hears of one that it has heard of.
func (s *session) finish(why string) {
	s.ending.Do(func() {
		_ = s.conn.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open {
			s.open = false
			s.front.control.send(frameClosed, s.id, []byte(why))
		}
	})
}

// --- what the library asks -----------------------------------------------------------------

func (s *session) newCID() []byte {
	if s.cid == [cidLength]byte{} {
		_, _ = rand.Read(s.cid[:]) // never fails
		s.front.known(s)
	}
	return s.cid[:]
}

func (s *session) askKey(name []byte) ([]byte, error) {
	if len(name) > longestName {
		return nil, errRefused
	}
	s.identity = identity{modePSK, string(name)}
	key, err := s.ask(frameAskKey, name)
	s.keyed.Store(err == nil)
	return key, err
}

func (s *session) askIdentity(chain [][]byte, _ [][]*x509.Certificate) error {
	name, err := s.ask(frameAskIdentity, chain[0])
	s.identity = identity{modeX509, string(name)}
	return err
}

func (s *session) ask(kind byte, question []byte) ([]byte, error) {
	if !s.front.control.offer(kind, s.id, question) {
		return nil, errRefused
	}
	patience := time.NewTimer(answerTime)
	defer patience.Stop()
	select {
	case answer := <-s.answers:
		if len(answer) > 0 {
			return answer, nil
		}
	case <-patience.C:
	case <-s.closed:
	}
	return nil, errRefused
}

// --- plaintext ------------------------------------------------------------------------------

// took keeps what the library has decrypted until it is known where it came from: the library
// moves a session to a new address after it has yielded the text (RFC 9146 §6).
func (s *session) took(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, append([]byte{}, text...))
	if !s.busy && s.open {
		s.flush()
	}
}

func (s *session) flush() {
	if len(s.waiting) == 0 {
		return
	}
	now, _ := s.conn.RemoteAddr().(path)
	if now != s.told && s.front.control.offer(frameMoved, s.id, now.wire()) {
		s.told = now
	}
	for _, text := range s.waiting {
		if now == s.told {
			s.front.control.offer(frameReceived, s.id, text)
		}
	}
	s.waiting = nil
	s.front.heardOf(s)
}

// --- net.PacketConn, for the library --------------------------------------------------------

// put lets a datagram wait for its turn, and keeps it. The front's lock is held.
func (s *session) put(datagram []byte, from path) {
	if len(datagram) == 0 {
		return
	}
	if s.heard.IsZero() {
		if s.room -= len(datagram); s.room < 0 {
			return
		}
		s.finished = s.finished || hasFinished(datagram)
	}
	select {
	case s.arrivals <- &arrival{datagram, from}:
	default:
	}
}

// ReadFrom gives the next datagram. That it is called means that the last one has been dealt with.
func (s *session) ReadFrom(buffer []byte) (int, net.Addr, error) {
	s.mu.Lock()
	s.busy = false
	if s.open {
		s.flush()
	}
	s.mu.Unlock()
	var a *arrival
	arrivals := s.arrivals
	if s.greeted < cap(s.hellos) {
		arrivals = nil
	}
	select {
	case a = <-s.hellos:
		s.greeted++
	case a = <-arrivals:
	case <-s.interrupted:
		return 0, nil, os.ErrDeadlineExceeded
	case <-s.closed:
		return 0, nil, net.ErrClosed
	}
	s.mu.Lock()
	s.busy = true
	s.mu.Unlock()
	return copy(buffer, a.datagram), a.from, nil
}

// WriteTo sends, but for the library's HelloVerifyRequest, which the peer has answered already.
func (s *session) WriteTo(datagram []byte, to net.Addr) (int, error) {
	if isVerifyRequest(datagram) {
		s.mu.Lock()
		next := s.next
		s.next = nil
		s.mu.Unlock()
		if next != nil {
			setCookie(s.conn, s.cookie)
			s.cookie = nil
			s.hellos <- &arrival{next, s.first}
		}
		return len(datagram), nil
	}
	where, _ := to.(path)
	s.front.reply(s.renumbered(datagram), where)
	return len(datagram), nil
}

// renumbered lets our record numbers of epoch 0 go on from the ClientHello's.
func (s *session) renumbered(datagram []byte) []byte {
	if s.shift == 0 {
		return datagram
	}
	copied := append([]byte{}, datagram...)
	for rest := copied; len(rest) > 0; {
		var one *record
		if one, rest = nextRecord(rest); one == nil {
			break
		}
		if one.epoch == 0 {
			putSequence(one.bytes, sequence(one.bytes)+s.shift)
		}
	}
	return copied
}

func (s *session) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return nil
}

func (s *session) LocalAddr() net.Addr { return s.front.socket.LocalAddr() }

// SetReadDeadline is used by the library to interrupt a read, and to undo that.
func (s *session) SetReadDeadline(at time.Time) error {
	if at.IsZero() {
		select {
		case <-s.interrupted:
		default:
		}
		return nil
	}
	select {
	case s.interrupted <- struct{}{}:
	default:
	}
	return nil
}

func (s *session) SetDeadline(at time.Time) error   { return s.SetReadDeadline(at) }
func (s *session) SetWriteDeadline(time.Time) error { return nil } // writing never waits
