"""CoAP over DTLS 1.2 (RFC 6347, RFC 7252 §9): sessions in, sessions out, whatever the engine.

`port` says what an engine is and what the rest of the server sees. `Sessions` is the
table of one socket for an engine within the process; a process that terminates DTLS
beside this one offers the same `SecurePort`.
"""
