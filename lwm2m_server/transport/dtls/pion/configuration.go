package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"time"
)

// The limits and the identity that the server gives at the start; `../frames.py` has the words.
type configuration struct {
	Sessions    int     `json:"sessions"`
	SessionIdle float64 `json:"session_idle"`
	Handshakes  int     `json:"handshakes"`
	Certificate string  `json:"certificate"`
	Key         string  `json:"key"`

	idle         time.Duration
	certificates []tls.Certificate
}

func parseConfiguration(body []byte) (*configuration, error) {
	c := &configuration{}
	if err := json.Unmarshal(body, c); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c.idle = time.Duration(c.SessionIdle * float64(time.Second))
	if c.Certificate != "" {
		own, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.Key))
		if err != nil {
			return nil, fmt.Errorf("the server's certificate: %w", err)
		}
		c.certificates = []tls.Certificate{own}
	}
	return c, nil
}
