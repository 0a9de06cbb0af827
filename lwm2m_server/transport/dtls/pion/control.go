package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// The kinds of frames, as ../frames.py has them.
const (
	frameConfigure = 1
	frameSend      = 2
	frameClose     = 3
	frameKey       = 4
	frameJudged    = 5
	frameCount     = 6

	frameReady       = 64
	frameOpened      = 65
	frameReceived    = 66
	frameMoved       = 67
	frameClosed      = 68
	frameAskKey      = 69
	frameAskIdentity = 70
	frameCounted     = 71
	frameDisproved   = 72
)

const (
	headerLength = 4 + 1 + 8
	longestFrame = 1 << 20
	// What waits for a server that is slow; beyond it datagrams are lost, as on any network.
	mostWaiting = 4 << 20
)

// control is the stream to the server: frames in, and frames out by way of a bounded buffer.
type control struct {
	stream io.ReadWriter
	reader *bufio.Reader

	mu      sync.Mutex
	filled  *sync.Cond
	waiting []byte
}

func newControl(stream io.ReadWriter) *control {
	c := &control{stream: stream, reader: bufio.NewReaderSize(stream, 256<<10)}
	c.filled = sync.NewCond(&c.mu)
	return c
}

// read returns the next frame: its kind, its session and its body.
func (c *control) read() (byte, uint64, []byte, error) {
	var header [headerLength]byte
	if _, err := io.ReadFull(c.reader, header[:]); err != nil {
		return 0, 0, nil, err
	}
	length := binary.BigEndian.Uint32(header[:4])
	if length > longestFrame {
		return 0, 0, nil, fmt.Errorf("a frame of %d bytes", length)
	}
	body := make([]byte, length)
	_, err := io.ReadFull(c.reader, body)
	return header[4], binary.BigEndian.Uint64(header[5:]), body, err
}

// offer sends a frame unless too much is waiting; whoever offers can do without.
func (c *control) offer(kind byte, session uint64, body []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting)+headerLength+len(body) > mostWaiting {
		return false
	}
	c.put(kind, session, body)
	return true
}

// send sends a frame whatever is waiting. Each session that was told of has one such frame, its last.
func (c *control) send(kind byte, session uint64, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(kind, session, body)
}

func (c *control) put(kind byte, session uint64, body []byte) {
	c.waiting = binary.BigEndian.AppendUint32(c.waiting, uint32(len(body)))
	c.waiting = append(c.waiting, kind)
	c.waiting = binary.BigEndian.AppendUint64(c.waiting, session)
	c.waiting = append(c.waiting, body...)
	c.filled.Signal()
}

// write writes what waits until the stream ends, all of it at a time.
func (c *control) write() {
	var spare []byte
	for {
		c.mu.Lock()
		for len(c.waiting) == 0 {
			c.filled.Wait()
		}
		batch := c.waiting
		c.waiting = spare[:0]
		c.mu.Unlock()
		if _, err := c.stream.Write(batch); err != nil {
			return // reading ends the process
		}
		spare = batch
	}
}
