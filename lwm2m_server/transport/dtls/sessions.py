"""The sessions and handshakes of one UDP port; time and datagrams in, plaintext out.

What a stranger sends costs no memory: a handshake begins with a cookie that only the holder of
its address can bring. A ClientHello on a live address begins a handshake beside the
session, which lives until the new one is done (RFC 6347 §4.2.8).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ...coap.limits import LIMITS, Limits
from ...protocol.identity import Identity
from ..udp import Datagram
from .half_open import HalfOpen, Handshakes
from .hello import ClientHello, Cookies, is_client_hello
from .idle import Idle
from .port import Disproved, Ended, Engine, Received
from .record import CID_START, CONTENT_TYPE_CID, EPOCH_SHIFT, HEADER, ContentType, records
from .session import Key, KnownBy, Send, Session

_CID: Final = bytes((CONTENT_TYPE_CID,))
# What begins no handshake and carries none on: the way of nearly every datagram.
_PROTECTED: Final = frozenset({_CID, bytes((ContentType.APPLICATION_DATA,))})
_FLIGHT: Final = 8  # records: more than a client's last flight has
_REVOKED: Final = "the credential was revoked"
_REPLACED: Final = "a new handshake took the place of the session"


@dataclass(slots=True)
class Counts:
    """How often what happened since the start, for whoever watches."""

    established: int = 0
    failed: int = 0  # handshakes that ended without a session, those that grew too old aside
    refused: int = 0  # ClientHellos without an answer: too many at once, or no room
    evicted: int = 0
    moved: int = 0  # to another address, by their Connection ID


class Sessions:
    """Takes the datagrams of a port, and hands plaintext to `received`.

    `ended` is called once for each session that is over, after what came over it. `busy` tells
    what must not be evicted; `disproved` is told of identities that handshakes did not prove, once
    those are over. Limits are those of DTLS in `coap.limits`.
    """

    def __init__(
        self,
        engine: Engine,
        send: Send,
        received: Received,
        ended: Ended,
        *,
        entropy: Callable[[int], bytes],
        limits: Limits = LIMITS,
        busy: Callable[[Session], bool] = lambda _: False,
        disproved: Disproved = lambda *_: None,
    ) -> None:
        self._engine = engine
        self._send = send
        self._received = received
        self._ended = ended
        self._limits = limits
        self._cookies = Cookies(entropy)
        self._live: dict[KnownBy, Session] = {}
        self._found: dict[tuple[str, Identity], Session] = {}
        self._handshakes = Handshakes(limits, disproved)
        self._idle = Idle(self._live.values, limits.session_idle, busy)
        self._arrived: list[tuple[Session, bytes]] = []
        self._over: list[tuple[Session, str]] = []
        self.counts = Counts()

    def __len__(self) -> int:
        return len(self._live)

    @property
    def half_open(self) -> int:
        """How many handshakes are under way."""
        return len(self._handshakes)

    def take(self, batch: Iterable[Datagram], now: float) -> None:
        """Take what came in one turn of the loop; never raises."""
        live, arrived, cid_end = self._live, self._arrived, CID_START + self._engine.cid_size
        for datagram, source, pktinfo in batch:
            key = (source, pktinfo)
            kind = datagram[:1]
            session = live.get(datagram[CID_START:cid_end] if kind == _CID else key)
            if session is None or kind not in _PROTECTED:
                self._take_other(datagram, key, session, now)
                continue
            association = session.association
            if plaintexts := association.receive(datagram):
                session.active = now
                for plaintext in plaintexts:
                    arrived.append((session, plaintext))
            if session.key != key:
                self._move(session, key)
            if association.over is not None or association.outbox:
                self._attend(session)
        self._report()

    def _move(self, session: Session, key: Key) -> None:
        """Send to where the newest record came from, which bore the Connection ID (RFC 9146 §6).

        Return routability is not checked (RFC 9853): who has a key, or is on the path, can have
        an answer sent elsewhere, one for each datagram; what goes there unasked ends with the
        retransmissions of its exchange (RFC 7252 §4.2).
        """
        if session.association.fresh:
            session.key = key
            self.counts.moved += 1

    def _take_other(self, datagram: bytes, key: Key, session: Session | None, now: float) -> None:
        """Take what is no application data of a live session."""
        half = self._handshakes.get(key)
        if is_client_hello(datagram):
            self._greeted(datagram, key, half, now)
        elif half is not None and (session is None or _of_handshake(datagram)):
            self._proceed(half, half.handshake.receive(datagram, now), now)
        elif (session := session or self._repeating(datagram)) is not None:
            self._note(session, session.association.receive(datagram), now)
            if session.key != key:
                self._move(session, key)
            self._attend(session)

    def _repeating(self, datagram: bytes) -> Session | None:
        """Return whose last flight a datagram has, by the Connection ID of the Finished in it."""
        for record in islice(records(datagram, self._engine.cid_size), _FLIGHT):
            if record.type == CONTENT_TYPE_CID:
                end = record.start - 2  # before its length
                return self._live.get(datagram[end - self._engine.cid_size : end])
        return None

    def _greeted(self, datagram: bytes, key: Key, half: HalfOpen | None, now: float) -> None:
        """Answer a ClientHello: with a cookie, or with a handshake."""
        if (hello := ClientHello.parse(datagram)) is None:
            return
        claim = repr(key).encode()
        if not self._cookies.right(hello, claim, now):
            self._send(self._cookies.request(hello, claim, now), *key)
        elif half is not None and half.random == hello.random:
            self._proceed(half, half.handshake.receive(datagram, now), now)
        elif self._has_room(key, now) and self._handshakes.may_begin(now):
            half = HalfOpen(key, hello.random, self._engine.accept(datagram, now), now)
            self._handshakes.add(half)
            self._proceed(half, (), now)
        else:
            self.counts.refused += 1

    def _has_room(self, key: Key, now: float) -> bool:
        return (
            key in self._live
            or len(self._live) < self._limits.sessions
            or self._idle.longest(now) is not None
        )

    def _proceed(self, half: HalfOpen, plaintexts: Sequence[bytes], now: float) -> None:
        """Send what a handshake has to send, and see whether it has ended."""
        handshake = half.handshake
        for datagram in handshake.outbox:
            self._send(datagram, *half.key)
        handshake.outbox.clear()
        if handshake.association is not None:
            self._handshakes.drop(half.key)
            if handshake.association.identity in half.barred:
                self._send(handshake.association.close(), *half.key)
                self.counts.failed += 1
                return
            session = Session(self._send, half.key, handshake.association, now)
            self._establish(session, plaintexts, now)
        elif handshake.failed is not None:
            self._handshakes.drop(half.key)
            self.counts.failed += 1
        else:
            self._handshakes.wind(half)

    def _establish(self, session: Session, plaintexts: Sequence[bytes], now: float) -> None:
        """Let a session live, in the place of what it replaces or of an idle one."""
        name = (session.address, session.identity)
        known = (
            self._live.get(session.key), self._live.get(session.known_by), self._found.get(name),
        )  # fmt: skip
        replaced = {former for former in known if former is not None}
        for former in replaced:
            self._remove(former, _REPLACED)
        if not replaced and len(self._live) >= self._limits.sessions:
            if (idle := self._idle.longest(now)) is None:
                session.close()
                self.counts.refused += 1
                return
            idle.close()
            self._remove(idle, "no room: it was silent longest")
            self.counts.evicted += 1
        self._live[session.known_by] = self._found[name] = session
        self.counts.established += 1
        self._note(session, plaintexts, now)
        self._attend(session)

    def _note(self, session: Session, plaintexts: Sequence[bytes], now: float) -> None:
        if plaintexts:
            session.active = now
            self._arrived += [(session, plaintext) for plaintext in plaintexts]

    def _attend(self, session: Session) -> None:
        """Send what the record layer has to say, and see whether the session is over."""
        session.flush()
        if (why := session.association.over) is not None:
            self._remove(session, why)

    def _remove(self, session: Session, why: str) -> None:
        if not session.over:
            session.over = True
            del self._live[session.known_by]
            del self._found[session.address, session.identity]
            self._over.append((session, why))

    def _report(self) -> None:
        """Hand on what arrived, then what is over."""
        if self._arrived:
            arrived, self._arrived = self._arrived, []
            self._received(arrived)
        while self._over:
            self._ended(*self._over.pop(0))

    def next_due(self) -> float | None:
        """Return when `tick` is to be called, None while no handshake is under way."""
        return self._handshakes.next_due()

    def tick(self, now: float) -> None:
        """Send flights again that got no answer, and forget handshakes that are too old."""
        for half in self._handshakes.due(now):
            half.handshake.tick(now)
            self._proceed(half, (), now)
        self._report()

    def find(self, address: str, identity: Identity) -> Session | None:
        """Return the live session with that text address, if it is of that identity."""
        return self._found.get((address, identity))

    def at(self, key: Key) -> Session | None:
        """Return the live session with a peer."""
        return self._live.get(key)

    def end(self, identity: Identity) -> None:
        """Close every session of an identity, as its credential was revoked or replaced."""
        self._handshakes.bar(identity)
        self._close([s for s in self._live.values() if s.identity == identity], _REVOKED)

    def close(self) -> None:
        """Close every session, and forget what is under way."""
        self._handshakes.clear()
        self._close(list(self._live.values()), "the server is shutting down")

    def _close(self, sessions: Iterable[Session], why: str) -> None:
        for session in sessions:
            session.close()
            self._remove(session, why)
        self._report()


def _of_handshake(datagram: bytes) -> bool:
    """Whether a datagram belongs to a handshake beside a session, rather than to the session.

    Plaintext does, and so does the Finished; alerts and data of epoch 1 are the session's.
    """
    if len(datagram) < HEADER.size:
        return False
    kind, _, number, _ = HEADER.unpack_from(datagram)
    return not number >> EPOCH_SHIFT or kind == ContentType.HANDSHAKE
