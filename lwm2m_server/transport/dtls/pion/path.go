package main

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"
)

// path is where a datagram came from, and which of our addresses it came to; a net.Addr that
// is equal to another by value.
type path struct {
	peer netip.AddrPort
	own  netip.Addr // invalid where the system did not tell
}

func (path) Network() string  { return "udp" }
func (p path) String() string { return p.peer.String() }

// wire returns the path as frames have it: 16 bytes and a port, a scope, 16 bytes.
func (p path) wire() []byte {
	peer := p.peer.Addr().As16()
	frame := binary.BigEndian.AppendUint16(peer[:], p.peer.Port())
	frame = binary.BigEndian.AppendUint32(frame, p.scope())
	own := netip.IPv6Unspecified().As16()
	if p.own.IsValid() {
		own = p.own.As16()
	}
	return append(frame, own[:]...)
}

// scope returns the interface of a link-local peer, 0 for all others.
func (p path) scope() uint32 {
	zone := p.peer.Addr().Zone()
	if zone == "" {
		return 0
	}
	if number, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(number)
	}
	if known, err := net.InterfaceByName(zone); err == nil {
		return uint32(known.Index)
	}
	return 0
}

// struct in6_pktinfo, RFC 3542 §6.1: an address and an interface.
const packetInformation = 16 + 4

// ownAddress reads IPV6_PKTINFO, invalid where it is not there.
func ownAddress(ancillary []byte) netip.Addr {
	messages, err := syscall.ParseSocketControlMessage(ancillary)
	if err != nil {
		return netip.Addr{}
	}
	for _, message := range messages {
		if message.Header.Level == syscall.IPPROTO_IPV6 && message.Header.Type == syscall.IPV6_PKTINFO {
			return netip.AddrFrom16([16]byte(message.Data[:16]))
		}
	}
	return netip.Addr{}
}

// ancillary returns IPV6_PKTINFO, so that an answer leaves from the address it was asked at.
func (p path) ancillary() []byte {
	if !p.own.IsValid() {
		return nil
	}
	space := make([]byte, syscall.CmsgSpace(packetInformation))
	header := (*syscall.Cmsghdr)(unsafe.Pointer(&space[0]))
	header.Level = syscall.IPPROTO_IPV6
	header.Type = syscall.IPV6_PKTINFO
	header.SetLen(syscall.CmsgLen(packetInformation))
	own := p.own.As16()
	data := space[syscall.CmsgLen(0):]
	copy(data, own[:])
	binary.NativeEndian.PutUint32(data[16:], p.scope())
	return space
}
