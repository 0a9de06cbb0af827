"""A handshake that OpenSSL does, with Connection ID (RFC 9146), which it does not know.

OpenSSL negotiates the extension through callbacks, but would not understand the records
that follow: the client's Finished is turned into one without Connection ID for it, and its own
Finished into one with. Those it saw or made never leave this process.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ...protocol.identity import Identity
from .aead import AeadAssociation
from .bounds import within_bounds
from .connection import Connection
from .port import Association
from .protection import Plain, protection
from .record import CONTENT_TYPE_CID, EPOCH_SHIFT, HEADER, Record, datagrams, records
from .schedule import SUITES, Keys, derive


@dataclass(slots=True)
class Claims:
    """What the two sides have said of themselves so far; OpenSSL's callbacks fill it in.

    `own_cid` is what the client's records are to bear, empty where none is offered;
    `peer_cid` what the client asked for (empty: none for itself), None where it asked not at all.
    """

    own_cid: bytes = b""
    peer_cid: bytes | None = None
    who: Identity | None = None


class OpensslHandshake:
    """See `port.Handshake`. What OpenSSL holds is freed as soon as the handshake has ended.

    `advance` lets OpenSSL go on, its callbacks with these claims, and returns whether it is done.
    """

    __slots__ = ("_advance", "_claims", "_connection", "_due", "association", "failed", "outbox")

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
        self.outbox: list[bytes] = []
        self.association: Association | None = None
        self.failed: str | None = None

    def begin(self, hello: bytes, now: float) -> None:
        """Take the ClientHello that brought a cookie, and go on."""
        if (connection := self._connection) is None:
            return
        connection.put(hello)
        if connection.listen():
            self._settle(connection, hello, now, done=self._advance(connection, self._claims))
        else:
            self._fail(connection)

    def receive(self, datagram: bytes, now: float) -> Sequence[bytes]:
        """Take a datagram; return plaintext that came along with the end. Never raises."""
        if (connection := self._connection) is None or not within_bounds(datagram):
            return ()
        done = False
        for piece in self._pieces(connection, datagram):
            connection.put(piece)
            done = self._advance(connection, self._claims)
            if done or connection.failed is not None:
                break  # what follows is no message of the handshake
        return self._settle(connection, datagram, now, done=done)

    def _pieces(self, connection: Connection, datagram: bytes) -> Iterable[bytes]:
        """Yield a datagram as OpenSSL understands it."""
        if self._claims.peer_cid is None:
            yield datagram
            return
        # One by one: what comes before a record with a Connection ID yields the keys for it.
        for record in records(datagram, len(self._claims.own_cid)):
            if record.type != CONTENT_TYPE_CID:
                yield datagram[record.start - HEADER.size : record.end]
            elif (plain := self._without_cid(connection, datagram, record)) is not None:
                yield plain

    def _without_cid(self, connection: Connection, datagram: bytes, record: Record) -> bytes | None:
        if (keys := _keys(connection)) is None:
            return None
        client, _, tag = keys
        opened = protection(client, tag, self._claims.own_cid).open(datagram, record)
        number = record.epoch << EPOCH_SHIFT | record.sequence
        return None if opened is None else Plain(client, tag).seal(opened[0], number, opened[1])

    def _take(self, connection: Connection) -> list[bytes]:
        """Return what OpenSSL wants to be sent, as the peer understands it."""
        taken = connection.take()
        if taken and self._claims.peer_cid:
            taken = [self._with_cid(connection, piece) for piece in taken]
        return datagrams(taken)

    def _with_cid(self, connection: Connection, piece: bytes) -> bytes:
        record = next(iter(records(piece)))
        if not record.epoch or (keys := _keys(connection)) is None or not self._claims.peer_cid:
            return piece
        _, server, tag = keys
        opened = Plain(server, tag).open(piece, record)
        number = record.epoch << EPOCH_SHIFT | record.sequence
        return (
            piece
            if opened is None
            else protection(server, tag, self._claims.peer_cid).seal(opened[0], number, opened[1])
        )

    def _settle(
        self, connection: Connection, datagram: bytes, now: float, *, done: bool
    ) -> Sequence[bytes]:
        """See how far the handshake has come; return what `datagram` brought beyond its end."""
        if done and self._claims.who is None:
            connection.failed = "the handshake proved nobody's identity"
        flight = self._take(connection)
        self.outbox += flight
        if connection.failed is not None:
            self._fail(connection)
        elif done:
            return self._associate(connection, flight, datagram)
        else:
            self._rest(connection, now)
        return ()

    def _associate(
        self, connection: Connection, flight: Sequence[bytes], datagram: bytes
    ) -> Sequence[bytes]:
        """Take over the records, unless the suite is one that stays with OpenSSL."""
        who, claims = self._claims.who, self._claims
        assert who is not None  # noqa: S101 - see `_settle`
        self.abandon()
        if (keys := _keys(connection)) is None:
            kept = OpensslAssociation(who, connection)
            self.association = kept
            return kept.receive(b"")
        client, server, tag = keys
        own, peer = (claims.own_cid, claims.peer_cid) if claims.peer_cid is not None else (b"", b"")
        sent = 1 + max(
            (r.sequence for part in flight for r in records(part, len(peer)) if r.epoch), default=0
        )
        association = AeadAssociation(
            who, protection(client, tag, own), protection(server, tag, peer), sent, own
        )
        # The Finished is noted as having come before it could be taken for a repetition.
        along = association.receive(datagram)
        association.repeat(flight)
        self.association = association
        return along

    def _rest(self, connection: Connection, now: float) -> None:
        wait = connection.timeout()
        self._due = None if wait is None else now + wait

    def _fail(self, connection: Connection) -> None:
        self.outbox += self._take(connection)
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
        self.outbox += self._take(connection)
        if connection.failed is not None:
            self._fail(connection)
        else:
            self._rest(connection, now)

    def abandon(self) -> None:
        """Free what it holds; nothing is sent."""
        self._connection = self._due = None


def _keys(connection: Connection) -> tuple[Keys, Keys, int] | None:
    """Return the client's keys, the server's, and the size of a tag.

    None where there are none yet, or the suite is none of those with AEAD.
    """
    suite = SUITES.get(connection.suite)
    master, client_random, server_random = connection.secrets()
    if suite is None or not master:
        return None
    return *derive(suite, master, client_random, server_random), suite.tag


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
