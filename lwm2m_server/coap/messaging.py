"""The message layer (§4): ids, acknowledgement, retransmission, and who has to wait."""

from collections import deque
from collections.abc import Callable
from typing import Final

from .credit import Credits
from .errors import Failure, Gone, Refused, Reset, TimedOut
from .ids import IDS, Clock, Randomness
from .limits import Limits
from .numbers import RST
from .peer import Peer, Peers, Remote, Transmission
from .timers import PER_SECOND, Wheel
from .tuning import Tuning

_UNPROVEN: Final = "the address has not answered yet, and has had what it may get until then"


class Messaging:
    """Sends messages of ours, each until it is acknowledged.

    `failed` is told of what never was, `acknowledged` of what was by an empty ACK. NSTART
    messages per peer await an ACK at a time (§4.7).
    """

    failed: Callable[[Transmission, Failure, float], None]
    acknowledged: Callable[[Transmission, float], None]

    def __init__(
        self, wheel: Wheel, randomness: Randomness, limits: Limits, tuning: Tuning
    ) -> None:
        self.outbox: list[tuple[Remote, bytes]] = []
        self._wheel = wheel
        self._randomness = randomness
        self._tuning = tuning
        self._nstart = tuning.nstart
        # Slots of the wheel make each wait a little longer.
        self._span = tuning.max_transmit_span + tuning.max_retransmit / PER_SECOND
        self._wait = tuning.max_transmit_wait
        self.credits = Credits(limits.peers)
        self._clock = Clock(tuning.exchange_lifetime)
        self.peers = Peers(
            wheel, self._clock, randomness.take(16), limits.peers, tuning.exchange_lifetime
        )

    def send(self, message: Transmission, now: float) -> None:
        """Send a message when it is its turn, again and again until it is acknowledged."""
        peer = message.peer
        if peer.waiting or (peer.sent is not None and len(peer.sent) >= self._nstart):
            if peer.waiting is None:
                peer.waiting = deque()
            peer.waiting.append(message)
        else:
            self._launch(message, now)

    def send_now(self, message: Transmission, now: float) -> None:
        """Send out of turn what the peer, or what waits here, may be waiting for."""
        self._launch(message, now)

    def send_once(self, peer: Peer, datagram: bytes, now: float) -> None:
        """Send what nobody acknowledges; where no message id is free it is as if it were lost."""
        count = self._clock.count(peer.count, now)
        if count >= 0:
            peer.count = count + 1
            self.outbox.append((peer.remote, _with_id(datagram, (peer.base + count) % IDS)))

    def sent(self, remote: Remote, number: int) -> Transmission | None:
        """Return what an ACK or RST with this message id is about."""
        peer = self.peers.find(remote)
        return None if peer is None or peer.sent is None else peer.sent.get(number)

    def empty(self, remote: Remote, kind: int, number: int, now: float) -> None:
        """Take an empty ACK or RST (§4.2, §4.3)."""
        message = self.sent(remote, number)
        if message is None:
            return
        if kind == RST:
            self.stop(message)
            self.proceed(message.peer, now)
            self.failed(message, Reset("the peer rejected the message (RST)"), now)
        elif message.confirmable:
            self.arrived(message, now)
            self.proceed(message.peer, now)
            self.acknowledged(message, now)

    def arrived(self, message: Transmission, now: float) -> None:
        """Take note that a message got through: its ACK came, or the response itself (§5.2.2)."""
        if message.confirmable:
            message.peer.measured(now - message.sent_at, message.tries, self._tuning, now)
        self.stop(message)

    def stop(self, message: Transmission) -> None:
        """Send a message no more, nor expect anything for it."""
        self._wheel.clear(message)
        peer = message.peer
        if peer.sent is not None and peer.sent.get(message.id) is message:
            del peer.sent[message.id]
            if not peer.sent:
                peer.sent = None
        elif message.id < 0 and peer.waiting is not None and message in peer.waiting:
            peer.waiting.remove(message)
            if not peer.waiting:
                peer.waiting = None

    def proceed(self, peer: Peer, now: float) -> None:
        """Send what waits for its turn, as far as NSTART allows."""
        while peer.waiting and (peer.sent is None or len(peer.sent) < self._nstart):
            message = peer.waiting.popleft()
            if not peer.waiting:
                peer.waiting = None
            self._launch(message, now)
            if message.id < 0:
                return

    def unreachable(self, remote: Remote, why: str, now: float) -> None:
        """Take an ICMP error as a hint (see `Endpoint.unreachable`)."""
        peer = self.peers.find(remote)
        for message in list(peer.sent.values()) if peer is not None and peer.sent else ():
            if message.hinted < 0:
                message.hinted = message.tries
            elif message.tries > message.hinted:
                self._wheel.soon(message, now, _Fail(self, Gone(why)))

    def move(self, old: Remote, new: Remote, now: float) -> None:
        """Go on at another address (see `Endpoint.moved`)."""
        peer = self.peers.find(old)
        if peer is None or old == new:
            return
        for message in (peer.sent or {}).values():
            message.hinted = -1  # of the address that it has left
        there = self.peers.find(new)
        if there is None:
            self.peers.move(peer, new, now)
            return
        self.peers.busy(new, now)
        for message in [*(peer.sent or {}).values(), *(peer.waiting or ())]:
            self._wheel.clear(message)
            message.id, message.tries = -1, 0
            message.peer = there
            self.send(message, now)
        for exchange in peer.exchanges or ():
            exchange.peer = there
        there.exchanges = {**(there.exchanges or {}), **(peer.exchanges or {})} or None
        there.observing += peer.observing
        peer.sent = peer.waiting = peer.exchanges = None
        peer.observing = 0
        self.peers.drop(peer, now)
        self.peers.rest(there, now)

    # --- inside -----------------------------------------------------------------------------

    def _launch(self, message: Transmission, now: float) -> None:
        peer = message.peer
        count = self._clock.count(peer.count, now)
        if count < 0:
            if peer.waiting is None:
                peer.waiting = deque()
            peer.waiting.appendleft(message)
            self._wheel.set(peer, self._clock.when(peer.count), self.proceed)
            return
        if message.asks and not self.credits.spend(peer.remote, len(message.datagram)):
            self._wheel.soon(message, now, _Fail(self, Refused(_UNPROVEN)))
            return
        peer.count = count + 1
        number = message.id = (peer.base + count) % IDS
        datagram = message.datagram = _with_id(message.datagram, number)
        message.sent_at = now
        if peer.sent is None:
            peer.sent = {number: message}
        else:
            peer.sent[number] = message
        self.outbox.append((peer.remote, datagram))
        if message.confirmable:
            jitter = self._randomness.take(1)[0] / 255
            message.timeout, message.backoff = peer.timeouts(self._tuning, now, jitter)
            # Where a round trip takes half a minute, there still is one retransmission.
            first = min(message.timeout, self._tuning.max_transmit_span)
            self._wheel.set(message, now + first, self._silence)
        else:
            # §4.7 bounds the rate of what is never answered; one at a time does so too.
            self._wheel.set(message, now + self._tuning.response_timeout, self._give_up)

    def _silence(self, message: Transmission, now: float) -> None:
        """§4.2: send again, or give up.

        A measured RTO may be long, but nothing is sent after MAX_TRANSMIT_SPAN or awaited
        after MAX_TRANSMIT_WAIT: the lifetime of message ids follows from these (§4.8.2).
        """
        age = now - message.sent_at
        if message.tries >= self._tuning.max_retransmit or age > self._span:
            self._give_up(message, now)
            return
        if message.most is not None and (message.tries + 2) * len(message.datagram) > message.most:
            self._wheel.set(message, message.sent_at + self._wait, self._give_up)
            return
        message.tries += 1
        message.timeout *= message.backoff
        remote, datagram = message.peer.remote, message.datagram
        # Else it is as if it were lost: by the next time the address may be proven.
        if not message.asks or self.credits.spend(remote, len(datagram)):
            self.outbox.append((remote, datagram))
        end = message.sent_at + self._wait
        self._wheel.set(message, min(now + message.timeout, end), self._silence)

    def _give_up(self, message: Transmission, now: float) -> None:
        age = now - message.sent_at
        self.fail(
            message, TimedOut(f"no answer to {message.tries + 1} messages in {age:.0f} s"), now
        )

    def fail(self, message: Transmission, failure: Failure, now: float) -> None:
        """End what was sent, and nothing else of the peer."""
        self.stop(message)
        self.proceed(message.peer, now)
        self.failed(message, failure, now)


class _Fail:
    """Fails a message later, from within a tick."""

    __slots__ = ("_failure", "_messaging")

    def __init__(self, messaging: Messaging, failure: Failure) -> None:
        self._messaging = messaging
        self._failure = failure

    def __call__(self, message: Transmission, now: float) -> None:
        self._messaging.fail(message, self._failure, now)


def _with_id(datagram: bytes, number: int) -> bytes:
    return datagram[:2] + number.to_bytes(2) + datagram[4:]
