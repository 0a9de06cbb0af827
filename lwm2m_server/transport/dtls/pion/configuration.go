package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"time"
)

// The limits and the identity that the server gives at the start; `../frames.py` has the words.
type configuration struct {
	Sessions      int     `json:"sessions"`
	SessionIdle   float64 `json:"session_idle"`
	Handshakes    int     `json:"handshakes"`
	HalfOpen      int     `json:"half_open"`
	HandshakeTime float64 `json:"handshake_time"`
	Certificate   string  `json:"certificate"`
	Key           string  `json:"key"`

	idle         time.Duration
	patience     time.Duration
	certificates []tls.Certificate
}

func parseConfiguration(body []byte) (*configuration, error) {
	c := &configuration{}
	if err := json.Unmarshal(body, c); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c.idle = seconds(c.SessionIdle)
	c.patience = seconds(c.HandshakeTime)
	if c.Certificate != "" {
		own, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.Key))
		if err != nil {
			return nil, fmt.Errorf("the server's certificate: %w", err)
		}
		c.certificates = []tls.Certificate{own}
	}
	return c, nil
}

func seconds(told float64) time.Duration { return time.Duration(told * float64(time.Second)) }
