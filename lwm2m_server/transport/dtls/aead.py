"""The record layer of an established association, for the AEAD suites (RFC 6347 §4.1).

An engine does handshakes well but keeps some 57 KB for each of them for as long as it
protects the records too. Here an association is two keys, two numbers and a window.
"""

import struct
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag

from ...protocol.identity import Identity
from .record import (
    EPOCH_SHIFT,
    HEADER,
    VERSION,
    AlertDescription,
    AlertLevel,
    ContentType,
    HandshakeType,
    records,
)
from .schedule import Keys
from .window import ReplayWindow

_EPOCH: Final = 1  # without renegotiation there is no other
_NONCE: Final = 8  # the explicit part: epoch and sequence number, as the RFCs propose
_APPLICATION_DATA: Final = int(ContentType.APPLICATION_DATA)
_EPOCH_1: Final = _EPOCH << EPOCH_SHIFT
_LAST: Final = ((_EPOCH + 1) << EPOCH_SHIFT) - 2  # §4.1: never wraps; one is left to close with
_HEAD: Final = struct.Struct(">BHH")
_LARGEST: Final = 1 << 14
_RESENDS: Final = 8  # of the last flight: more than any client repeats its own


class AeadAssociation:
    """See `port.Association`.

    `tag` is the size of a record's tag in bytes; records of epoch 1 with numbers below `sent`
    have gone out in the handshake.
    """

    __slots__ = (
        "_flight", "_next", "_opener", "_resends", "_salt", "_sealer", "_sealing_salt", "_tag",
        "_window", "identity", "outbox", "over",
    )  # fmt: skip

    def __init__(
        self,
        identity: Identity,
        client: Keys,
        server: Keys,
        *,
        tag: int,
        sent: int,
    ) -> None:
        self.identity = identity
        self.outbox: list[bytes] = []
        self.over: str | None = None
        self._opener, self._salt = client.aead, client.salt
        self._sealer, self._sealing_salt = server.aead, server.salt
        self._tag = tag
        self._next = _EPOCH_1 | sent
        self._window = ReplayWindow()
        self._flight: Sequence[bytes] = ()
        self._resends = _RESENDS

    def repeat(self, flight: Sequence[bytes]) -> None:
        """Send the last flight again whenever the client repeats its own (RFC 6347 §4.2.4).

        The first data of the client shows that it arrived.
        """
        self._flight = flight

    def receive(self, datagram: bytes) -> Sequence[bytes]:
        """Return the data of each record that is genuine and new; never raises."""
        plaintexts: list[bytes] = []
        for record in records(datagram):
            if record.epoch != _EPOCH or self._window.replayed(record.sequence):
                continue
            fragment = self._open(datagram, record.start, record.end)
            if fragment is None or self.over:
                continue
            self._window.came(record.sequence)
            if record.type == _APPLICATION_DATA:
                plaintexts.append(fragment)
                self._flight = ()
            else:
                self._control(record.type, fragment)
        return plaintexts

    def _open(self, datagram: bytes, start: int, end: int) -> bytes | None:
        """Return the fragment of a record of this epoch; None where it is not genuine."""
        size = end - start - _NONCE - self._tag
        if not 0 <= size <= _LARGEST:
            return None
        # §6.2.3.3: epoch and number, type and version, length of the plaintext.
        header = datagram[start - 10 : start - 2] + datagram[start - 13 : start - 10]
        try:
            return self._opener.decrypt(
                self._salt + datagram[start : start + _NONCE],
                datagram[start + _NONCE : end],
                header + size.to_bytes(2, "big"),
            )
        except InvalidTag:
            return None

    def _control(self, kind: int, fragment: bytes) -> None:
        """Take an alert or a handshake message."""
        if kind == ContentType.ALERT and len(fragment) == 2:
            self._alerted(*fragment)
        elif kind == ContentType.HANDSHAKE and fragment:
            if fragment[0] == HandshakeType.FINISHED:
                self._resend()
            elif fragment[0] == HandshakeType.CLIENT_HELLO:
                self.outbox.append(
                    self._alert(AlertLevel.WARNING, AlertDescription.NO_RENEGOTIATION)
                )

    def _alerted(self, level: int, description: int) -> None:
        if description == AlertDescription.CLOSE_NOTIFY:
            self.outbox.append(self.close())
            self.over = "the peer closed the session"
        elif level == AlertLevel.FATAL:
            self.over = f"the peer ended the session with alert {description}"

    def _resend(self) -> None:
        if self._flight and self._resends:
            self._resends -= 1
            self.outbox.extend(self._flight)

    def seal(self, plaintext: bytes) -> bytes:
        """Return the datagram that carries `plaintext`."""
        return self._seal(_APPLICATION_DATA, plaintext)

    def close(self) -> bytes:
        """End the association: return the datagram with its close_notify (RFC 5246 §7.2.1)."""
        self.over = self.over or "closed"
        return self._alert(AlertLevel.WARNING, AlertDescription.CLOSE_NOTIFY)

    def _alert(self, level: AlertLevel, description: AlertDescription) -> bytes:
        return self._seal(ContentType.ALERT, bytes((level, description)))

    def _seal(self, kind: int, plaintext: bytes) -> bytes:
        number, self._next = self._next, self._next + 1
        if number >= _LAST:
            self.over = "the session has used up its sequence numbers"
        explicit = number.to_bytes(8, "big")
        size = len(plaintext)
        sealed = self._sealer.encrypt(
            self._sealing_salt + explicit,
            plaintext,
            explicit + _HEAD.pack(kind, VERSION, size),
        )
        header = HEADER.pack(kind, VERSION, number, _NONCE + size + self._tag)
        return header + explicit + sealed
