"""A client with Connection ID (RFC 9146): OpenSSL, and each record rewritten beside it.

Written anew from the RFCs, for TLS_PSK_WITH_AES_128_CCM_8 alone: none of the server's record
layer is in it.
"""

import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from lwm2m_server.transport.dtls.binding import ffi, lib

from .client import Client

EXTENSION = 54
CID_TYPE = 25


class CidClient(Client):
    """Asks for `cid` in what comes to it, and puts what the server asks for into what it sends."""

    def __init__(self, cid: bytes = b"", **options) -> None:
        super().__init__(**options)
        self.cid = cid
        self.peer_cid: bytes | None = None
        self.made: list[bytes] = []
        said = ffi.new("unsigned char[]", bytes((len(cid),)) + cid)

        @ffi.callback("int(SSL *, unsigned int, const unsigned char **, size_t *, int *, void *)")
        def add(_ssl, _type, out, size, _alert, _arg):
            out[0], size[0] = said, 1 + len(cid)
            return 1

        @ffi.callback("void(SSL *, unsigned int, const unsigned char *, void *)")
        def free(*_):
            return None

        @ffi.callback("int(SSL *, unsigned int, const unsigned char *, size_t, int *, void *)")
        def parse(_ssl, _type, data, size, _alert, _arg):
            self.peer_cid = bytes(ffi.buffer(data, size))[1:]
            return 1

        context = self._kept[0]._context
        assert lib.SSL_CTX_add_client_custom_ext(
            context, EXTENSION, add, free, ffi.NULL, parse, ffi.NULL
        )
        self._kept += (add, free, parse, said)
        # The extensions of a connection are those of its context when it was made.
        self._renew(context)

    def _keys(self) -> tuple[AESCCM, bytes, AESCCM, bytes]:
        room = ffi.new("unsigned char[48]")

        def copied(fill, holder) -> bytes:
            return bytes(ffi.buffer(room, fill(holder, room, 48)))

        master = copied(lib.SSL_SESSION_get_master_key, lib.SSL_get_session(self._ssl))
        seed = b"key expansion"
        seed += copied(lib.SSL_get_server_random, self._ssl)
        seed += copied(lib.SSL_get_client_random, self._ssl)
        a1 = hmac.digest(master, seed, "sha256")
        a2 = hmac.digest(master, a1, "sha256")
        block = hmac.digest(master, a1 + seed, "sha256") + hmac.digest(master, a2 + seed, "sha256")
        mine, theirs = block[:16], block[16:32]
        return AESCCM(mine, 8), block[32:36], AESCCM(theirs, 8), block[36:40]

    def take(self) -> list[bytes]:
        """Put the server's Connection ID into each protected record."""
        taken = self.made = super().take()
        if self.peer_cid is None:
            return taken
        return [b"".join(map(self._outgoing, pieces(datagram, 0))) for datagram in taken]

    def _outgoing(self, record: bytes) -> bytes:
        if record[3:5] == b"\0\0" or not self.peer_cid:
            return record
        cipher, salt, _, _ = self._keys()
        number, nonce, sealed = record[3:11], record[13:21], record[21:]
        size = (len(sealed) - 8).to_bytes(2, "big")
        content = cipher.decrypt(salt + nonce, sealed, number + record[:3] + size)
        inner = content + record[:1] + b"\0" * 3  # padded, as a client may
        header = bytes((CID_TYPE,)) + record[1:11] + self.peer_cid
        aad = b"\xff" * 8 + bytes((CID_TYPE, len(self.peer_cid))) + header
        sealed = cipher.encrypt(salt + nonce, inner, aad + len(inner).to_bytes(2, "big"))
        return header + (8 + len(sealed)).to_bytes(2, "big") + nonce + sealed

    def repeat(self) -> list[bytes]:
        """Return what was last taken, in new records (RFC 6347 §4.2.2): as after its timer."""
        return [
            b"".join(self._outgoing(self._renumbered(record)) for record in pieces(datagram, 0))
            for datagram in self.made
        ]

    def _renumbered(self, record: bytes) -> bytes:
        number = (int.from_bytes(record[3:11], "big") + 8).to_bytes(8, "big")
        fragment = record[13:]
        if record[3:5] != b"\0\0":
            cipher, salt, _, _ = self._keys()
            nonce, sealed, size = record[13:21], record[21:], (len(record) - 29).to_bytes(2, "big")
            content = cipher.decrypt(salt + nonce, sealed, record[3:11] + record[:3] + size)
            fragment = number + cipher.encrypt(salt + number, content, number + record[:3] + size)
        return record[:3] + number + record[11:13] + fragment

    def put(self, datagram: bytes) -> None:
        """Take the own Connection ID out of each record that has one."""
        if self.peer_cid is None or not self.cid:
            super().put(datagram)
            return
        for record in pieces(datagram, len(self.cid)):
            super().put(self._incoming(record) if record[0] == CID_TYPE else record)

    def _incoming(self, record: bytes) -> bytes:
        _, _, cipher, salt = self._keys()
        end = 11 + len(self.cid)
        header, nonce, sealed = record[:end], record[end + 2 : end + 10], record[end + 10 :]
        assert header[11:] == self.cid
        size = (len(sealed) - 8).to_bytes(2, "big")
        aad = b"\xff" * 8 + bytes((CID_TYPE, len(self.cid))) + header + size
        inner = cipher.decrypt(salt + nonce, sealed, aad).rstrip(b"\0")
        content, kind = inner[:-1], inner[-1:]
        size = len(content).to_bytes(2, "big")
        aad = header[3:11] + kind + header[1:3] + size
        sealed = cipher.encrypt(salt + nonce, content, aad)
        fragment = nonce + sealed
        return kind + header[1:11] + len(fragment).to_bytes(2, "big") + fragment


def pieces(datagram: bytes, cid: int) -> list[bytes]:
    found = []
    while datagram:
        at = 11 + (cid if datagram[0] == CID_TYPE else 0)
        end = at + 2 + int.from_bytes(datagram[at : at + 2], "big")
        found.append(datagram[:end])
        datagram = datagram[end:]
    return found
