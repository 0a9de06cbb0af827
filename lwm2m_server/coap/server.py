"""The server's half of the request/response layer (§5.2): a peer's requests, and our answers."""

from collections import deque
from collections.abc import Callable
from typing import Final

from .assembly import Assemblies
from .credit import AMPLIFICATION
from .cut import cut
from .dedup import SILENCE, Replies
from .exchange import Incoming
from .limits import Limits
from .message import Message, Options, empty, pack
from .messaging import Messaging
from .numbers import ACK, CON, NON, SAFE, Code
from .peer import Remote, Transmission
from .timers import Timed, Wheel
from .tuning import Tuning

_LARGE: Final = 256
"""Answers of more bytes, to what is safe to do again, are made anew for a duplicate (§4.5)."""

_BUSY: Final = Message(Code.SERVICE_UNAVAILABLE, Options(max_age=1))
_SUPPRESSED: Final = {2: 2, 4: 8, 5: 16}
"""RFC 7967 §2.1: the bit of No-Response by the class of what is not wanted."""


class Server:
    """Serves each request once, and answers in its ACK or separately."""

    def __init__(
        self,
        messaging: Messaging,
        replies: Replies,
        wheel: Wheel,
        limits: Limits,
        tuning: Tuning,
        *,
        served: Callable[[Incoming], None],
        proven: Callable[[Remote], bool],
    ) -> None:
        self._messaging = messaging
        self._replies = replies
        self._wheel = wheel
        self._limits = limits
        self._served = served
        self._proven = proven
        self.assemblies = Assemblies(limits, tuning)
        self._expiry = Timed()
        self._lifetime = tuning.exchange_lifetime
        self._separate_after = tuning.separate_after
        self.serving: dict[int, int] = {}  # how many, by origin
        self._served_keys: set[int] = set()
        self._deferred: deque[Incoming] = deque()

    def request(self, incoming: Incoming, now: float) -> None:
        """Take a request that was not answered yet."""
        if incoming.key in self._served_keys:
            return  # once more, while it is being served
        if self.serving.get(incoming.origin, 0) >= self._limits.pending:
            self._answer(incoming, _BUSY, now)
            return
        request = incoming.message
        options = request.options
        if options.block1 is not None or options.block2 is not None:
            following, whole = self.assemblies.take(incoming.remote, request, now)
            if not whole:
                if self._expiry.slot < 0:
                    self._wheel.set(self._expiry, now + self._lifetime, self._expire)
                self._answer(incoming, following, now)
                return
            incoming.message = following
        try:
            self._served(incoming)
        finally:
            if not incoming.answered:
                self._defer(incoming, now)

    def respond(self, incoming: Incoming, response: Message, now: float) -> None:
        """See `Endpoint.respond`."""
        if incoming.answered:
            return
        request = incoming.message
        options = request.options
        if response.payload or options.block1 is not None or request.code in SAFE:
            budget = self._budget(incoming)
            if options.block1 is not None:
                self.assemblies.answered(incoming.remote, request, response)
            response = cut(request, response, budget)
        self._answer(incoming, response, now)
        if incoming.deferred:
            self._served_keys.remove(incoming.key)
            serving = self.serving.pop(incoming.origin) - 1
            if serving:
                self.serving[incoming.origin] = serving

    def refuse(self, remote: Remote, number: int, token: bytes, code: int) -> None:
        """Answer a CON that nothing can be done with; its duplicates get the same anew."""
        self._messaging.outbox.append((remote, pack(ACK, code, number, token)))

    def next_due(self) -> float | None:
        """Return when an empty ACK is due."""
        deferred = self._deferred
        while deferred and deferred[0].answered:
            deferred.popleft()
        return deferred[0].due if deferred else None

    def tick(self, now: float) -> None:
        """Acknowledge what is still being served, before the peer sends it again (§5.2.2)."""
        deferred = self._deferred
        while deferred and deferred[0].due <= now:
            incoming = deferred.popleft()
            if not incoming.answered:
                incoming.acknowledged = True
                acknowledgement = empty(ACK, incoming.message.id)
                self._messaging.outbox.append((incoming.remote, acknowledgement))
                self._replies.keep(incoming.key, acknowledgement, now)

    def forget(self, remote: Remote) -> None:
        """Drop what a peer has begun; what it asked is answered."""
        self.assemblies.forget(remote)

    # --- inside -----------------------------------------------------------------------------

    def _budget(self, incoming: Incoming) -> int | None:
        """Return how many bytes an answer may have, None where its address is proven."""
        proven = incoming.proven or self._proven(incoming.remote)
        return None if proven else AMPLIFICATION * incoming.size

    def _defer(self, incoming: Incoming, now: float) -> None:
        incoming.deferred = True
        self._served_keys.add(incoming.key)
        self.serving[incoming.origin] = self.serving.get(incoming.origin, 0) + 1
        if incoming.message.type == CON:
            incoming.due = now + self._separate_after
            self._deferred.append(incoming)

    def _answer(self, incoming: Incoming, response: Message, now: float) -> None:
        request = incoming.message
        wanted = request.options.no_response
        if (
            wanted
            and wanted & _SUPPRESSED.get(response.code >> 5, 0)
            and response.code != Code.CONTINUE  # without which no next block comes
        ):
            self._say_nothing(incoming, now)
        elif incoming.acknowledged or request.type != CON:
            self._separately(incoming, response, now)
        else:
            reply = pack(
                ACK,
                response.code,
                request.id,
                request.token,
                options=response.options,
                payload=response.payload,
            )
            incoming.answered = True
            self._messaging.outbox.append((incoming.remote, reply))
            if len(reply) <= _LARGE or request.code not in SAFE:
                self._replies.keep(incoming.key, reply, now)

    def _say_nothing(self, incoming: Incoming, now: float) -> None:
        """RFC 7967 §2: a CON is acknowledged all the same."""
        reply = SILENCE
        if incoming.message.type == CON:
            reply = empty(ACK, incoming.message.id)
            if not incoming.acknowledged:
                self._messaging.outbox.append((incoming.remote, reply))
        incoming.answered = True
        self._replies.keep(incoming.key, reply, now)

    def _separately(self, incoming: Incoming, response: Message, now: float) -> None:
        """§5.2.2, §5.2.3: a CON for a CON, a NON for a NON, with an id of ours.

        It is sent without waiting for a turn, as the peer may be waiting for it before it
        answers us, but counts for NSTART. Beyond the limit of peers nothing is sent: the
        peer asks again. Where too many await an ACK already it is sent once, and not kept.
        """
        request = incoming.message
        kind = request.type
        datagram = pack(
            kind,
            response.code,
            0,
            request.token,
            options=response.options,
            payload=response.payload,
        )
        incoming.answered = True
        if kind == NON:
            self._replies.keep(incoming.key, SILENCE, now)
        peer = self._messaging.peers.busy(incoming.remote, now)
        if peer is None:
            return
        if kind == CON and len(peer.sent or ()) < self._limits.pending:
            answer = Transmission(peer=peer, datagram=datagram, most=self._budget(incoming))
            self._messaging.send_now(answer, now)
        else:
            self._messaging.send_once(peer, datagram, now)
            self._messaging.peers.rest(peer, now)

    def _expire(self, _: Timed, now: float) -> None:
        self.assemblies.expire(now)
        if len(self.assemblies):
            self._wheel.set(self._expiry, now + self._lifetime / 4, self._expire)
