"""A DTLS client on memory BIOs, by OpenSSL alone: none of the server's record layer is in it."""

from OpenSSL import SSL

from lwm2m_server.transport.dtls.binding import ffi, lib
from lwm2m_server.transport.dtls.record import VERSION, datagrams, records


class Client:
    """The client's side of one association: `put` datagrams, `take` datagrams."""

    def __init__(
        self,
        identity: str = "dev1",
        key: bytes = b"0123456789abcdef",
        suites: str = "PSK-AES128-CCM8",
        certificate=None,  # (x509.Certificate, private key)
        options: int = 0,  # SSL_OP_*
    ) -> None:
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        raw = context._context
        lib.SSL_CTX_set_min_proto_version(raw, VERSION)
        lib.SSL_CTX_set_options(raw, lib.SSL_OP_NO_QUERY_MTU | options)
        context.set_cipher_list(f"{suites}:@SECLEVEL=0".encode())
        if certificate:
            context.use_certificate(certificate[0])
            context.use_privatekey(certificate[1])
        self.identity = identity
        name = identity.encode() + b"\0"

        @ffi.callback(
            "unsigned int(SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)"
        )
        def psk(_ssl, _hint, room, _size, out, _longest):
            ffi.memmove(room, name, len(name))
            ffi.memmove(out, key, len(key))
            return len(key)

        lib.SSL_CTX_set_psk_client_callback(raw, psk)
        self._kept = (context, psk)
        self._renew(raw)
        self._room = ffi.new("char[]", 20_000)
        self.done = False
        self.error: int | None = None

    def _renew(self, context) -> None:
        ssl = lib.SSL_new(context)
        self._in = lib.BIO_new(lib.BIO_s_mem())
        self._out = lib.BIO_new(lib.BIO_s_mem())
        lib.BIO_set_mem_eof_return(self._in, -1)
        lib.BIO_set_mem_eof_return(self._out, -1)
        lib.SSL_set_bio(ssl, self._in, self._out)
        lib.SSL_set_mtu(ssl, 1232)
        lib.SSL_set_connect_state(ssl)
        self._ssl = ffi.gc(ssl, lib.SSL_free)

    def put(self, datagram: bytes) -> None:
        lib.BIO_write(self._in, datagram, len(datagram))

    def take(self) -> list[bytes]:
        taken = b""
        while (size := lib.BIO_read(self._out, self._room, 20_000)) > 0:
            taken += ffi.buffer(self._room, size)[:]
        return datagrams(taken[r.start - 13 : r.end] for r in records(taken))

    def step(self, *arrived: bytes) -> list[bytes]:
        """Take datagrams, go on with the handshake, and return what is to be sent."""
        for datagram in arrived or (b"",):
            if datagram:
                self.put(datagram)
            if not self.done and self.error is None:
                lib.ERR_clear_error()
                result = lib.SSL_do_handshake(self._ssl)
                self.done = result == 1
                error = lib.SSL_get_error(self._ssl, result)
                if result != 1 and error == lib.SSL_ERROR_SSL:
                    self.error = lib.ERR_GET_REASON(lib.ERR_get_error())
        return self.take()

    def seal(self, data: bytes) -> bytes:
        assert lib.SSL_write(self._ssl, data, len(data)) == len(data)
        return b"".join(self.take())

    def read(self, *arrived: bytes) -> list[bytes]:
        got = []
        for datagram in arrived:
            self.put(datagram)
            while (size := lib.SSL_read(self._ssl, self._room, 20_000)) > 0:
                got.append(ffi.buffer(self._room, size)[:])
        return got

    def close(self) -> bytes:
        lib.SSL_shutdown(self._ssl)
        return b"".join(self.take())

    @property
    def closed(self) -> bool:
        return bool(lib.SSL_get_shutdown(self._ssl) & lib.SSL_RECEIVED_SHUTDOWN)
