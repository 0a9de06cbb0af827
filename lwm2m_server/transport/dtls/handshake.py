"""A handshake that OpenSSL does, with Connection ID (RFC 9146), which it does not know.

OpenSSL negotiates the extension through callbacks, but would not understand the records
that follow: the client's Finished is turned into one without Connection ID for it, and its own
Finished into one with. Those it saw or made never leave this process, so that each nonce is
used on the wire for one plaintext. The hash of the handshake is of messages, not of records, and
is not touched (RFC 5246 §7.4.9).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ...protocol.identity import Identity
from .aead import AeadAssociation
from .bounds import within_bounds
from .connection import Connection
from .port import Association
from .protection import Plain, protection
from .record import (
    CONTENT_TYPE_CID,
    EPOCH_SHIFT,
    ContentType,
    Record,
    datagrams,
    records,
)
from .schedule import SUITES, Keys, derive

_IN_PLAINTEXT: Final = frozenset(
    {ContentType.HANDSHAKE, ContentType.CHANGE_CIPHER_SPEC, ContentType.ALERT}
)
_OF_FINISHED: Final = frozenset({ContentType.HANDSHAKE, CONTENT_TYPE_CID})


@dataclass(slots=True)
class Claims:
    """What the two sides have said of themselves so far; OpenSSL's callbacks fill it in.

    `own_cid` is what the client's records are to bear, empty where none is offered;
    `peer_cid` what the client asked for (empty: none for itself), None where it asked not at all.
    """

    own_cid: bytes = b""
    peer_cid: bytes | None = None
    who: Identity | None = None

    @property
    def received_cid(self) -> bytes:
        """What the client's protected records bear, once that is agreed."""
        return self.own_cid if self.peer_cid is not None else b""


class OpensslHandshake:
    """See `port.Handshake`. What OpenSSL holds is freed as soon as the handshake has ended.

    `advance` lets OpenSSL go on, its callbacks with these claims, and returns whether it is done.
    Of protected records that come before their keys one is kept, the last.
    """

    __slots__ = (
        "_advance", "_claims", "_connection", "_due", "_early", "_tried", "association", "failed",
        "outbox",
    )  # fmt: skip

    def __init__(
        self,
        connection: Connection,
        claims: Claims,
        advance: Callable[[Connection, Claims], bool],
    ) -> None:
        self._connection: Connection | None = connection
        self._claims = claims
        self._advance = advance
        self._due: float | None = None
        self._early = b""
        self._tried = False  # something came that the keys should have opened, and did not
        self.outbox: list[bytes] = []
        self.association: Association | None = None
        self.failed: str | None = None

    def begin(self, hello: bytes, now: float) -> None:
        """Take the ClientHello that brought a cookie, and go on."""
        if (connection := self._connection) is None:
            return
        # What follows in the datagram no client can know yet.
        connection.put(hello[: next(records(hello)).end])
        if connection.listen():
            self._settle(connection, hello, now, done=self._advance(connection, self._claims))
        else:
            self._fail(connection)

    def receive(self, datagram: bytes, now: float) -> Sequence[bytes]:
        """Take a datagram; return plaintext that came along with the end. Never raises."""
        if (connection := self._connection) is None:
            return ()
        done = self._give(connection, datagram)
        if self._early and not done and connection.suite:
            early, self._early = self._early, b""
            done = self._give(connection, early)
            datagram = early + datagram
        return self._settle(connection, datagram, now, done=done)

    @property
    def unproven(self) -> Identity | None:
        """Whom the peer has named without proving it, though it tried; None before that."""
        tried = self._tried or self.failed is not None
        return self._claims.who if tried and self.association is None else None

    def _give(self, connection: Connection, datagram: bytes) -> bool:
        """Let OpenSSL take a datagram, record by record; return whether the handshake is done.

        One by one: what comes before the Finished yields the keys for it, and what follows it
        is no message of the handshake.
        """
        begin = 0
        for record in records(datagram, len(self._claims.received_cid)):
            piece = self._piece(connection, datagram, begin, record)
            begin = record.end
            if piece is not None:
                connection.put(piece)
                if self._advance(connection, self._claims):
                    return True
            if connection.failed is not None:
                break
            # The Finished is the first of its epoch, and the last of the handshake.
            if record.epoch and record.type in _OF_FINISHED and connection.suite:
                self._tried = True
        return False

    def _piece(
        self, connection: Connection, datagram: bytes, begin: int, record: Record
    ) -> bytes | None:
        """Return a record as OpenSSL understands it, None where it is not for it or not yet."""
        piece = datagram[begin : record.end]
        if not record.epoch:
            allowed = record.type in _IN_PLAINTEXT and within_bounds(datagram, record)
            return piece if allowed else None
        if not connection.suite:  # until the ChangeCipherSpec: OpenSSL would keep a hundred
            self._early = piece
            return None
        cid = self._claims.received_cid
        return self._without_cid(connection, datagram, record) if cid else piece

    def _without_cid(self, connection: Connection, datagram: bytes, record: Record) -> bytes | None:
        """Return a genuine record without its Connection ID; without one, it is invalid (§4)."""
        if (keys := _keys(connection)) is None:
            return None
        client, _, tag = keys
        opened = protection(client, tag, self._claims.received_cid).open(datagram, record)
        number = record.epoch << EPOCH_SHIFT | record.sequence
        return None if opened is None else Plain(client, tag).seal(opened[0], number, opened[1])

    def _flight(self, connection: Connection, pieces: Iterable[bytes]) -> list[bytes]:
        """Return what OpenSSL wants to be sent, as the peer understands it."""
        if self._claims.peer_cid:
            pieces = [self._with_cid(connection, piece, self._claims.peer_cid) for piece in pieces]
        return datagrams(pieces)

    def _with_cid(self, connection: Connection, piece: bytes, cid: bytes) -> bytes:
        record = next(records(piece))
        if not record.epoch or (keys := _keys(connection)) is None:
            return piece
        _, server, tag = keys
        opened = Plain(server, tag).open(piece, record)
        number = record.epoch << EPOCH_SHIFT | record.sequence
        if opened is None:
            return b""
        return protection(server, tag, cid).seal(opened[0], number, opened[1])

    def _settle(
        self, connection: Connection, datagram: bytes, now: float, *, done: bool
    ) -> Sequence[bytes]:
        """See how far the handshake has come; return what `datagram` brought beyond its end."""
        if done and self._claims.who is None:
            connection.failed = "the handshake proved nobody's identity"
        pieces = connection.take()
        self.outbox += self._flight(connection, pieces)
        if connection.failed is not None:
            self._fail(connection)
        elif done:
            return self._associate(connection, pieces, datagram)
        else:
            self._rest(connection, now)
        return ()

    def _associate(
        self, connection: Connection, pieces: Sequence[bytes], datagram: bytes
    ) -> Sequence[bytes]:
        """Take over the records, unless the suite is one that stays with OpenSSL."""
        who, claims = self._claims.who, self._claims
        assert who is not None  # noqa: S101 - see `_settle`
        self.abandon()
        keys = _keys(connection)
        last = keys and _last_flight(pieces, Plain(keys[1], keys[2]))
        if keys is None or last is None:
            kept = OpensslAssociation(who, connection)
            self.association = kept
            return kept.receive(datagram)
        client, server, tag = keys
        association = AeadAssociation(
            who,
            protection(client, tag, claims.received_cid),
            protection(server, tag, claims.peer_cid or b""),
            last.sent,
            claims.received_cid,
        )
        # The Finished is noted as having come before it could be taken for a repetition.
        along = association.receive(datagram)
        association.repeat(last.finished, last.number)
        self.association = association
        return along

    def _rest(self, connection: Connection, now: float) -> None:
        wait = connection.timeout()
        self._due = None if wait is None else now + wait

    def _fail(self, connection: Connection) -> None:
        self.outbox += self._flight(connection, connection.take())
        self.failed = connection.failed
        self.abandon()

    def due(self) -> float | None:
        """Return when `tick` is to be called, None where nothing waits (RFC 6347 §4.2.4)."""
        return self._due

    def tick(self, now: float) -> None:
        """Send the last flight once more, where it is due."""
        if (connection := self._connection) is None:
            return
        connection.expire()
        self.outbox += self._flight(connection, connection.take())
        if connection.failed is not None:
            self._fail(connection)
        else:
            self._rest(connection, now)

    def abandon(self) -> None:
        """Free what it holds; nothing is sent."""
        self._connection = self._due = None
        self._early = b""


def _keys(connection: Connection) -> tuple[Keys, Keys, int] | None:
    """Return the client's keys, the server's, and the size of a tag.

    None where there are none yet, or the suite is none of those with AEAD.
    """
    suite = SUITES.get(connection.suite)
    master, client_random, server_random = connection.secrets()
    if suite is None or not master:
        return None
    return *derive(suite, master, client_random, server_random), suite.tag


class _LastFlight(NamedTuple):
    """The server's: its Finished, and with which numbers epochs 0 and 1 go on."""

    finished: bytes
    number: int
    sent: int


def _last_flight(pieces: Iterable[bytes], server: Plain) -> _LastFlight | None:
    """Return what OpenSSL has sent last, None where these are not the keys of it."""
    finished, number, sent = None, 0, 0
    for piece in pieces:
        record = next(records(piece))
        if record.epoch:
            finished, sent = server.open(piece, record), record.sequence + 1
        else:
            number = record.sequence + 1
    return None if finished is None else _LastFlight(finished[1], number, sent)


class OpensslAssociation:
    """See `port.Association`. For the suites with CBC, whose records are best left to OpenSSL."""

    __slots__ = ("_connection", "cid", "fresh", "identity", "outbox", "over")

    def __init__(self, identity: Identity, connection: Connection) -> None:
        self.identity = identity
        self.cid = b""
        self.fresh = False
        self.outbox: list[bytes] = []
        self.over: str | None = None
        self._connection = connection

    def receive(self, datagram: bytes) -> Sequence[bytes]:
        """Return the data of each record that is genuine and new; never raises."""
        connection = self._connection
        connection.put(datagram)
        plaintexts: list[bytes] = []
        while (data := connection.read()) is not None:
            plaintexts.append(data)
        if connection.failed is not None and self.over is None:
            self.over = connection.failed
            connection.shutdown()
        self.outbox += datagrams(connection.take())
        return plaintexts

    def seal(self, plaintext: bytes) -> bytes:
        """Return the datagram that carries `plaintext`."""
        self._connection.write(plaintext)
        return b"".join(self._connection.take())

    def close(self) -> bytes:
        """End the association: return the datagram with its close_notify."""
        self.over = self.over or "closed"
        self._connection.shutdown()
        return b"".join(self._connection.take())
