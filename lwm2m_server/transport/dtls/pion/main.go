// A process that terminates DTLS 1.2 with Connection ID for the server that started it.
//
// It inherits a stream to the server as descriptor 0 and a bound UDP socket, whose number
// is its argument, holds no file and no key of its own, and ends when the stream does.
// What is said on the stream is written down in ../frames.py, and nowhere else.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
)

const streamDescriptor = 0

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "dtls:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := checkCookieField(); err != nil {
		return err
	}
	stream := os.NewFile(streamDescriptor, "stream")
	socket, err := inheritedSocket()
	if err != nil {
		return err
	}
	control := newControl(stream)
	kind, _, body, err := control.read()
	if err != nil || kind != frameConfigure {
		return fmt.Errorf("no configuration: frame %d, %v", kind, err)
	}
	configuration, err := parseConfiguration(body)
	if err != nil {
		return err
	}
	front := newFront(socket, control, configuration)
	go control.write()
	go front.listen()
	control.send(frameReady, 0, nil)
	err = front.obey()
	front.takeLeave()
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return nil // the server is gone
	}
	return err
}

func inheritedSocket() (*net.UDPConn, error) {
	if len(os.Args) != 2 {
		return nil, errors.New("this program is started by the server")
	}
	descriptor, err := strconv.Atoi(os.Args[1])
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(descriptor), "socket")
	defer file.Close()
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", descriptor, err)
	}
	socket, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, fmt.Errorf("descriptor %d is no UDP socket", descriptor)
	}
	return socket, nil
}
