"""One `SSL` object between two memory BIOs: datagrams are written in and read out."""

from functools import cache
from typing import Any, Final

from .binding import ffi, lib, reason
from .record import HEADER, PATH_MTU, records

_ROOM: Final = 64 * 1024
_buffer: Final = ffi.new("char[]", _ROOM)  # one for all: nothing stays in it between two calls
_seconds: Final = ffi.new("int64_t *")
_microseconds: Final = ffi.new("long *")


class Connection:
    """One side of a DTLS connection, the server's if not said; freed with the last reference.

    `failed` is what OpenSSL says of an error that ends the connection. Nothing raises.
    """

    __slots__ = ("_incoming", "_outgoing", "_ssl", "failed")

    def __init__(self, context: Any, *, client: bool = False) -> None:
        ssl = lib.SSL_new(context)
        self._incoming = lib.BIO_new(lib.BIO_s_mem())
        self._outgoing = lib.BIO_new(lib.BIO_s_mem())
        # An empty BIO says "later", not "never".
        lib.BIO_set_mem_eof_return(self._incoming, -1)
        lib.BIO_set_mem_eof_return(self._outgoing, -1)
        lib.SSL_set_bio(ssl, self._incoming, self._outgoing)
        lib.SSL_set_mtu(ssl, PATH_MTU)
        if client:
            lib.SSL_set_connect_state(ssl)
        else:
            lib.SSL_set_accept_state(ssl)
        self._ssl = ffi.gc(ssl, lib.SSL_free)
        self.failed: str | None = None

    def put(self, datagram: bytes) -> None:
        """Let the next call find a datagram."""
        lib.BIO_write(self._incoming, datagram, len(datagram))

    def take(self) -> list[bytes]:
        """Return the records that are to be sent."""
        taken = b""
        while (size := lib.BIO_read(self._outgoing, _buffer, _ROOM)) > 0:
            taken += ffi.buffer(_buffer, size)[:]
        return [taken[r.start - HEADER.size : r.end] for r in records(taken)]

    def listen(self) -> bool:
        """Take a ClientHello that answers a HelloVerifyRequest; whether it is one."""
        lib.ERR_clear_error()
        if (result := lib.DTLSv1_listen(self._ssl, _nowhere())) > 0:
            return True
        self.failed = reason() if result < 0 else "no ClientHello with a cookie"
        return False

    def handshake(self) -> bool:
        """Go on with the handshake; whether it is done."""
        lib.ERR_clear_error()
        result = lib.SSL_do_handshake(self._ssl)
        if result != 1:
            self._check(result)
        return bool(result == 1)

    def read(self) -> bytes | None:
        """Return the data of the next record, None where there is none."""
        lib.ERR_clear_error()
        size = lib.SSL_read(self._ssl, _buffer, _ROOM)
        if size > 0:
            return bytes(ffi.buffer(_buffer, size))
        self._check(size)
        return None

    def write(self, data: bytes) -> None:
        """Protect data as one record."""
        lib.ERR_clear_error()
        self._check(lib.SSL_write(self._ssl, data, len(data)))

    def shutdown(self) -> None:
        """Send close_notify."""
        lib.ERR_clear_error()
        lib.SSL_shutdown(self._ssl)
        lib.ERR_clear_error()

    def _check(self, result: int) -> None:
        if result > 0:
            return
        error = lib.SSL_get_error(self._ssl, result)
        if error == lib.SSL_ERROR_ZERO_RETURN:
            self.failed = "the peer closed the session"
        elif error not in {lib.SSL_ERROR_WANT_READ, lib.SSL_ERROR_WANT_WRITE}:
            self.failed = reason()

    def timeout(self) -> float | None:
        """Return the seconds until a flight is to be sent again, None where none waits."""
        if lib.Cryptography_DTLSv1_get_timeout(self._ssl, _seconds, _microseconds) <= 0:
            return None
        return float(_seconds[0] + _microseconds[0] / 1e6)

    def expire(self) -> None:
        """Send the last flight again where its time has come."""
        lib.ERR_clear_error()
        if lib.DTLSv1_handle_timeout(self._ssl) < 0:
            self.failed = reason()

    @property
    def suite(self) -> str:
        """The cipher suite's name, empty where it is not chosen yet."""
        cipher = lib.SSL_get_current_cipher(self._ssl)
        if cipher == ffi.NULL:
            return ""
        return str(ffi.string(lib.SSL_CIPHER_get_name(cipher)).decode())

    def secrets(self) -> tuple[bytes, bytes, bytes]:
        """Return the master secret, empty where there is none yet, and both randoms."""
        session = lib.SSL_get_session(self._ssl)
        return (
            _copied(lambda room: lib.SSL_SESSION_get_master_key(session, room, 48), 48),
            _copied(lambda room: lib.SSL_get_client_random(self._ssl, room, 32), 32),
            _copied(lambda room: lib.SSL_get_server_random(self._ssl, room, 32), 32),
        )


@cache
def _nowhere() -> Any:
    """Return an address to write a peer's address to, which no memory BIO has."""
    return lib.BIO_ADDR_new()


def _copied(fill: Any, size: int) -> bytes:
    room = ffi.new("unsigned char[]", size)
    filled = fill(room)
    return bytes(ffi.buffer(room, filled))


def encoded(certificate: Any) -> bytes:
    """Return an `X509 *` in DER."""
    bio = ffi.gc(lib.BIO_new(lib.BIO_s_mem()), lib.BIO_free)
    lib.i2d_X509_bio(bio, certificate)
    size = lib.BIO_read(bio, _buffer, _ROOM)
    return bytes(ffi.buffer(_buffer, max(size, 0)))
