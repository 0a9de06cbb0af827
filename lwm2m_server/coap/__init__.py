"""The CoAP message layer, pure: datagrams and time in, datagrams and answers out.

It knows nothing of LwM2M, sockets or event loops. A shell hands what it received to
`Endpoint.receive`, sends what `Endpoint.outbox` holds, and calls `Endpoint.tick`
when `Endpoint.next_due` says so. Clauses are of RFC 7252 unless another is named.

From below: `message`, `options` and `block` are the bytes; `messaging` with `peer`, `ids`,
`rto` and `timers` sends each message until it is acknowledged (§4); above it, `client` matches
responses to requests of ours, `server` with `dedup`, `assembly` and `cut` answers those of
peers (§5); `endpoint` is the front of all. `transfer` and `download` move whole bodies.
"""
