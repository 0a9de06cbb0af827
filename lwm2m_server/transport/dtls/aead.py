"""The record layer of an established association, for the AEAD suites (RFC 6347 §4.1).

An engine does handshakes well but keeps some 57 KB for each of them for as long as it
protects the records too. Here an association is two keys, two numbers and a window.
"""

from collections.abc import Sequence
from typing import Final

from ...protocol.identity import Identity
from .protection import Protection
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
from .window import ReplayWindow

_EPOCH: Final = 1  # without renegotiation there is no other
_EPOCH_1: Final = _EPOCH << EPOCH_SHIFT
_LAST: Final = ((_EPOCH + 1) << EPOCH_SHIFT) - 2  # §4.1: never wraps; one is left to close with
_APPLICATION_DATA: Final = int(ContentType.APPLICATION_DATA)
_RESENDS: Final = 8  # of the last flight: more than any client repeats its own


class AeadAssociation:
    """See `port.Association`.

    `opener` has the client's keys, `sealer` the server's. Records of epoch 1 with numbers below
    `sent` have gone out in the handshake. `cid` is what the client's records bear.
    """

    __slots__ = (
        "_finished", "_next", "_opener", "_plain", "_resends", "_sealer", "_window", "cid",
        "fresh", "identity", "outbox", "over",
    )  # fmt: skip

    def __init__(
        self,
        identity: Identity,
        opener: Protection,
        sealer: Protection,
        sent: int,
        cid: bytes = b"",
    ) -> None:
        self.identity = identity
        self.cid = cid
        self.outbox: list[bytes] = []
        self.over: str | None = None
        self.fresh = False
        self._opener = opener
        self._sealer = sealer
        self._next = _EPOCH_1 | sent
        self._window = ReplayWindow()
        self._finished = b""
        self._plain = 0  # the next number of epoch 0
        self._resends = _RESENDS

    def repeat(self, finished: bytes, number: int) -> None:
        """Send the last flight again whenever the client repeats its own (RFC 6347 §4.2.4).

        In records of their own (§4.2.2): `number` is the next of epoch 0, for ChangeCipherSpec.
        The first data of the client shows that the flight arrived.
        """
        self._finished = finished
        self._plain = number

    def receive(self, datagram: bytes) -> Sequence[bytes]:
        """Return the data of each record that is genuine and new; never raises."""
        plaintexts: list[bytes] = []
        window, self.fresh = self._window, False
        for record in records(datagram, len(self.cid)):
            if record.epoch != _EPOCH or window.replayed(record.sequence):
                continue
            opened = self._opener.open(datagram, record)
            if opened is None or self.over:
                continue
            self.fresh |= window.came(record.sequence)
            kind, content = opened
            if kind == _APPLICATION_DATA:
                plaintexts.append(content)
                self._finished = b""
            else:
                self._control(kind, content)
        return plaintexts

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
        if self._finished and self._resends:
            self._resends -= 1
            number, self._plain = self._plain, self._plain + 1
            change = HEADER.pack(ContentType.CHANGE_CIPHER_SPEC, VERSION, number, 1) + b"\1"
            self.outbox.append(change + self._seal(ContentType.HANDSHAKE, self._finished))

    def seal(self, plaintext: bytes) -> bytes:
        """Return the datagram that carries `plaintext`."""
        return self._seal(_APPLICATION_DATA, plaintext)

    def close(self) -> bytes:
        """End the association: return the datagram with its close_notify (RFC 5246 §7.2.1)."""
        self.over = self.over or "closed"
        return self._alert(AlertLevel.WARNING, AlertDescription.CLOSE_NOTIFY)

    def _alert(self, level: AlertLevel, description: AlertDescription) -> bytes:
        return self._seal(ContentType.ALERT, bytes((level, description)))

    def _seal(self, kind: int, content: bytes) -> bytes:
        number, self._next = self._next, self._next + 1
        if number >= _LAST:
            self.over = "the session has used up its sequence numbers"
        return self._sealer.seal(kind, number, content)
