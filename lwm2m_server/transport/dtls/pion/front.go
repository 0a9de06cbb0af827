package main

import (
	"container/list"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"
)

const longestDatagram = 8192 // as much as the library reads

// place is what is known of a peer's address: the session there, and the handshake that may
// take its place (RFC 6347 §4.2.8).
type place struct {
	live    *session
	pending *session
}

// front decides to whom a datagram goes. Nothing is kept for an address before its cookie.
type front struct {
	socket  *net.UDPConn
	control *control
	told    *configuration
	jar     *jar

	mu      sync.Mutex
	last    uint64
	places  map[netip.AddrPort]*place
	byCID   map[[cidLength]byte]*session
	byID    map[uint64]*session
	recent  *list.List // finished sessions, the one heard of last in front
	begun   *list.List // handshakes, the newest in front
	tokens  float64
	counted time.Time
}

func newFront(socket *net.UDPConn, control *control, told *configuration) *front {
	return &front{
		socket:  socket,
		control: control,
		told:    told,
		jar:     newJar(),
		places:  map[netip.AddrPort]*place{},
		byCID:   map[[cidLength]byte]*session{},
		byID:    map[uint64]*session{},
		recent:  list.New(),
		begun:   list.New(),
		tokens:  float64(told.Handshakes),
		counted: time.Now(),
	}
}

// listen takes datagrams until the socket is closed.
func (f *front) listen() {
	buffer := make([]byte, longestDatagram)
	ancillary := make([]byte, 128)
	for {
		n, m, _, peer, err := f.socket.ReadMsgUDPAddrPort(buffer, ancillary)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && n >= recordHeader {
			f.take(buffer[:n], path{peer, ownAddress(ancillary[:m])})
		}
	}
}

// obey carries out what the server says until the stream ends.
func (f *front) obey() error {
	for {
		kind, id, body, err := f.control.read()
		if err != nil {
			return err
		}
		if kind == frameCount {
			f.control.send(frameCounted, 0, f.counts())
			continue
		}
		f.mu.Lock()
		s := f.byID[id]
		f.mu.Unlock()
		if s == nil {
			continue
		}
		switch kind {
		case frameSend:
			f.heardOf(s) // what is being asked for something is not idle
			_, _ = s.conn.Write(body)
		case frameClose:
			go f.over(s, "closed by the server")
		case frameKey, frameJudged:
			select {
			case s.answers <- body:
			default:
			}
		}
	}
}

func (f *front) take(datagram []byte, from path) {
	if datagram[0] == contentCID {
		f.takeByCID(datagram, from)
		return
	}
	if h := parseHello(datagram); h != nil {
		f.takeHello(h, from)
		return
	}
	if first, _ := nextRecord(datagram); first == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	there := f.places[from.peer]
	if there == nil {
		return
	}
	// While a handshake is under way, records may be of either; each drops the other's.
	if there.pending != nil {
		there.pending.put(append([]byte{}, datagram...), from)
	}
	if there.live != nil {
		there.live.put(protectedOnly(datagram), from)
	}
}

func (f *front) takeByCID(datagram []byte, from path) {
	if len(datagram) < cidAt+cidLength {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.byCID[[cidLength]byte(datagram[cidAt:])]; s != nil {
		s.put(protectedOnly(datagram), from)
	}
}

func (f *front) takeHello(h *hello, from path) {
	if h.message == 0 {
		f.reply(h.verifyRequest(f.jar.bake(from.peer, h)), from)
		return
	}
	// The library counts one HelloVerifyRequest, and numbers its own first message by that.
	if h.message != 1 || h.sequence() == 0 || !f.jar.good(from.peer, h) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	there := f.places[from.peer]
	switch {
	case there == nil || !there.knows(h):
		f.begin(h, from)
	case there.pending != nil && there.pending.begunBy(h):
		there.pending.put(append([]byte{}, h.datagram...), from)
	}
}

func (p *place) knows(h *hello) bool {
	return p.live != nil && p.live.begunBy(h) || p.pending != nil && p.pending.begunBy(h)
}

// begin starts a handshake, if the limits let it. The lock is held.
func (f *front) begin(h *hello, from path) {
	if !f.mayBegin() || !f.hasRoom() {
		return
	}
	f.last++
	s := newSession(f, f.last, h, from)
	if err := s.prepare(); err != nil {
		return
	}
	there := f.places[from.peer]
	if there == nil {
		there = &place{}
		f.places[from.peer] = there
	}
	if there.pending != nil {
		f.drop(there.pending)
		f.places[from.peer] = there
	}
	there.pending = s
	f.byID[s.id] = s
	s.element = f.begun.PushFront(s)
	go s.run()
}

// mayBegin counts a handshake against how many a second may begin.
func (f *front) mayBegin() bool {
	now := time.Now()
	rate := float64(f.told.Handshakes)
	f.tokens = min(rate, f.tokens+now.Sub(f.counted).Seconds()*rate)
	f.counted = now
	if f.tokens < 1 {
		return false
	}
	f.tokens--
	return true
}

// hasRoom makes room for one more session: the one silent longest goes, if it is idle.
func (f *front) hasRoom() bool {
	if f.begun.Len() >= f.told.HalfOpen {
		f.drop(f.begun.Back().Value.(*session))
	}
	if f.begun.Len()+f.recent.Len() < f.told.Sessions {
		return true
	}
	last := f.recent.Back()
	if last == nil || time.Since(last.Value.(*session).heard) < f.told.idle {
		return false
	}
	s := last.Value.(*session)
	f.remove(s)
	go s.finish("no room: it was silent longest")
	return true
}

// opened puts a finished session in its place; false where it has been dropped meanwhile.
func (f *front) opened(s *session) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID[s.id] != s {
		return false
	}
	there := f.places[s.first.peer]
	there.pending = nil
	if old := there.live; old != nil {
		// One with a Connection ID may have left this address to another peer.
		if !old.hasCID || old.identity == s.identity {
			f.remove(old)
			go old.finish("a new handshake took the place of the session")
		}
	}
	f.places[s.first.peer] = there
	there.live = s
	f.begun.Remove(s.element)
	s.heard = time.Now()
	s.element = f.recent.PushFront(s)
	return true
}

// known gives a session its Connection ID.
func (f *front) known(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID[s.id] == s {
		s.hasCID = true
		f.byCID[s.cid] = s
	}
}

// heardOf notes that a session is in use.
func (f *front) heardOf(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID[s.id] == s {
		s.heard = time.Now()
		f.recent.MoveToFront(s.element)
	}
}

// over forgets a session and says why.
func (f *front) over(s *session, why string) {
	f.mu.Lock()
	f.remove(s)
	f.mu.Unlock()
	s.finish(why)
}

// counts returns what there is, as JSON.
func (f *front) counts() []byte {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := json.Marshal(map[string]any{
		"sessions": f.recent.Len(), "half_open": f.begun.Len(), "heap": memory.HeapAlloc,
	})
	return body
}

// takeLeave tells the peers that their sessions are over, as far as a second suffices.
func (f *front) takeLeave() {
	f.mu.Lock()
	all := slices.Collect(maps.Values(f.byID))
	f.mu.Unlock()
	until := time.Now().Add(time.Second)
	for _, s := range all {
		if time.Now().After(until) {
			return
		}
		if s.isOpen() { // a handshake that is given up is not waited for
			_ = s.conn.Close()
		}
	}
}

// drop forgets a handshake. The lock is held.
func (f *front) drop(s *session) {
	f.remove(s)
	go s.finish("given up for another handshake")
}

// remove forgets a session. The lock is held.
func (f *front) remove(s *session) {
	if f.byID[s.id] != s {
		return
	}
	delete(f.byID, s.id)
	if s.hasCID {
		delete(f.byCID, s.cid)
	}
	f.begun.Remove(s.element)
	f.recent.Remove(s.element)
	there := f.places[s.first.peer]
	if there == nil {
		return
	}
	if there.live == s {
		there.live = nil
	}
	if there.pending == s {
		there.pending = nil
	}
	if there.live == nil && there.pending == nil {
		delete(f.places, s.first.peer)
	}
}

func (f *front) reply(datagram []byte, to path) {
	_, _, _ = f.socket.WriteMsgUDPAddrPort(datagram, to.ancillary(), to.peer) // a datagram may be lost
}
