"""The CoAP message layer, pure: datagrams and time in, datagrams and answers out.

It knows nothing of LwM2M, sockets or event loops. A shell hands what it received to
`Endpoint.receive`, sends what `Endpoint.outbox` holds, and calls `Endpoint.tick`
when `Endpoint.next_due` says so. Clauses are of RFC 7252 unless another is named.
"""
