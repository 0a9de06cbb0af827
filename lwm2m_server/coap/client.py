"""The client's half of the request/response layer (§5.2): our requests, and observations."""

from collections.abc import Callable
from typing import Final

from .errors import Failure, Gone, Refused, TimedOut
from .exchange import Done, Exchange, Notified, Observation
from .ids import Randomness
from .limits import Limits
from .message import LONGEST_TOKEN, Message, Options, pack
from .messaging import Messaging
from .numbers import ACK, CON, is_success
from .peer import NOBODY, Peer, Remote, Transmission
from .timers import Wheel
from .tuning import Tuning

_SHORT: Final = 4
_REGISTER: Final = 0
_NO_LONGER: Final = 1
_DRAWS: Final = 16


class Client:
    """Matches responses to requests by token (§5.3.2), those in an ACK by message id too."""

    def __init__(
        self,
        messaging: Messaging,
        wheel: Wheel,
        randomness: Randomness,
        limits: Limits,
        tuning: Tuning,
        *,
        alike: Callable[[Remote, Remote], bool],
    ) -> None:
        self._alike = alike
        self._messaging = messaging
        self._wheel = wheel
        self._randomness = randomness
        self._limits = limits
        self._open = limits.waiting + tuning.nstart
        self._response_timeout = tuning.response_timeout
        self._tokens: dict[bytes, Exchange] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def request(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        *,
        token: bytes | None,
        now: float,
        ahead: bool = False,
    ) -> Exchange:
        """See `Endpoint.request`; `ahead` of what waits for its turn where it is to prove."""
        proving = token is None
        token = self._token(_SHORT) if token is None else token
        datagram = _packed(request, token, request.options)
        peer = self._messaging.peers.busy(remote, now)
        exchange = Exchange(
            remote,
            request,
            done,
            peer=peer or NOBODY,
            datagram=datagram,
            confirmable=request.type == CON,
            token=token,
            proving=proving,
        )
        self._begin(exchange, peer, now, ahead=ahead)
        return exchange

    def observe(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        notified: Notified,
        *,
        token: bytes | None,
        now: float,
    ) -> Observation:
        """See `Endpoint.observe`."""
        token = self._token(LONGEST_TOKEN) if token is None else token
        options = request.options
        if options.observe != _REGISTER:
            options = options.but(observe=_REGISTER)
        datagram = _packed(request, token, options)
        peer = self._messaging.peers.busy(remote, now)
        observation = Observation(
            remote,
            request,
            done,
            peer=peer or NOBODY,
            datagram=datagram,
            confirmable=request.type == CON,
            token=token,
            proving=True,
            notified=notified,
        )
        self._begin(observation, peer, now)
        return observation

    def match(self, remote: Remote, response: Message) -> Exchange | None:
        """Return what a response is for, None where it is not expected.

        One in an ACK has to match a message that awaits one, and its token; any other the
        token of a request to this peer, or of an observation, whatever address it came from: 8
        bytes that were sent to nobody else are the proof, where both are `alike`.
        """
        if response.type == ACK:
            sent = self._messaging.sent(remote, response.id)
            if isinstance(sent, Exchange) and sent.confirmable and sent.token == response.token:
                return sent
            return None
        exchange = self._tokens.get(response.token)
        if exchange is None or not _answers(exchange, remote, response):
            return None
        same = exchange.remote == remote or self._alike(exchange.remote, remote)
        return exchange if same else None

    def deliver(self, exchange: Exchange, remote: Remote, response: Message, now: float) -> None:
        """Hand on what `match` found."""
        if isinstance(exchange, Observation) and exchange.established:
            self._notify(exchange, response, now)
        else:
            self._complete(exchange, remote, response, now)

    def cancel(self, exchange: Exchange, now: float) -> None:
        """See `Endpoint.cancel`."""
        self._messaging.stop(exchange)
        if not exchange.over:
            self._end(exchange)
            self._messaging.proceed(exchange.peer, now)
            self._messaging.peers.rest(exchange.peer, now)

    def move(self, old: Remote, new: Remote, now: float) -> None:
        """See `Endpoint.moved`."""
        peer = self._messaging.peers.find(old)
        for exchange in (peer.exchanges or ()) if peer is not None else ():
            exchange.proving = False
            exchange.remote = new
        self._messaging.move(old, new, now)

    def forget(self, remote: Remote, why: str, now: float) -> None:
        """See `Endpoint.forget`."""
        self._messaging.credits.forget(remote)
        peer = self._messaging.peers.find(remote)
        if peer is None:
            return
        for exchange in list(peer.exchanges or ()):
            if isinstance(exchange, Observation) and exchange.established:
                continue
            self._messaging.stop(exchange)
            self._end(exchange)
            self._wheel.soon(exchange, now, _Ending(Gone(why)))
        for answer in [*(peer.sent or {}).values(), *(peer.waiting or ())]:
            self._messaging.stop(answer)
        self._messaging.peers.drop(peer, now)

    # --- the message layer tells ------------------------------------------------------------

    def acknowledged(self, message: Transmission, now: float) -> None:
        """Wait for the separate response, but not for ever (§5.2.2)."""
        if isinstance(message, Exchange):
            self._wheel.set(message, now + self._response_timeout, self._no_response)
        else:
            self._messaging.peers.rest(message.peer, now)

    def failed(self, message: Transmission, failure: Failure, now: float) -> None:
        """End one exchange, and nothing else of the peer."""
        try:
            if isinstance(message, Exchange):
                self._end(message)
                message.done(failure)
        finally:
            self._messaging.peers.rest(message.peer, now)

    # --- inside -----------------------------------------------------------------------------

    def _begin(
        self, exchange: Exchange, peer: Peer | None, now: float, *, ahead: bool = False
    ) -> None:
        refusal = self._refusal(exchange, peer)
        if peer is None or refusal is not None:
            exchange.over = True
            self._wheel.soon(exchange, now, _Ending(Refused(refusal)))
            if peer is not None:
                self._messaging.peers.rest(peer, now)
            return
        self._tokens[exchange.token] = exchange
        if peer.exchanges is None:
            peer.exchanges = {exchange: None}
        else:
            peer.exchanges[exchange] = None
        if isinstance(exchange, Observation):
            peer.observing += 1
        if ahead:
            self._messaging.send_now(exchange, now)
        else:
            self._messaging.send(exchange, now)

    def _refusal(self, exchange: Exchange, peer: Peer | None) -> str | None:
        if peer is None:
            return f"{self._limits.peers} peers are being spoken to (limit `peers`)"
        if exchange.token in self._tokens:
            return "the token is in use (§5.3.1)"
        if isinstance(exchange, Observation):
            if peer.observing >= self._limits.observations:
                return f"{peer.observing} observations of one peer (limit `observations`)"
        elif peer.exchanges is not None and len(peer.exchanges) - peer.observing >= self._open:
            return f"{self._limits.waiting} requests wait for one peer (limit `waiting`)"
        return None

    def _complete(self, exchange: Exchange, remote: Remote, response: Message, now: float) -> None:
        peer = exchange.peer
        messaging = self._messaging
        if peer.sent is not None and peer.sent.get(exchange.id) is exchange:
            messaging.arrived(exchange, now)
            messaging.proceed(peer, now)
        else:
            self._wheel.clear(exchange)
        if exchange.proving and remote == exchange.remote:
            messaging.credits.prove(remote)
        sequence = response.options.observe
        if isinstance(exchange, Observation) and sequence is not None and is_success(response.code):
            exchange.established = True
            exchange.datagram = b""  # never sent again, and there may be very many
            exchange.sequence = sequence
            exchange.heard_at = now
        else:
            self._end(exchange)
        try:
            exchange.done(response)
        finally:
            messaging.peers.rest(peer, now)

    def _notify(self, observation: Observation, response: Message, now: float) -> None:
        """RFC 7641 §3.4; an error, or a response without Observe, is the last (§3.2, §4.2)."""
        sequence = response.options.observe
        if sequence is not None and is_success(response.code):
            if observation.fresh(sequence, now):
                observation.notified(response)
            return
        self._end(observation)
        try:
            observation.notified(response)
        finally:
            self._messaging.peers.rest(observation.peer, now)

    def _no_response(self, exchange: Exchange, now: float) -> None:
        waited = f"{self._response_timeout:.0f} s"
        self.failed(exchange, TimedOut(f"acknowledged, but no response came in {waited}"), now)

    def _end(self, exchange: Exchange) -> None:
        exchange.over = True
        if self._tokens.get(exchange.token) is exchange:
            del self._tokens[exchange.token]
        peer = exchange.peer
        if peer.exchanges is not None and exchange in peer.exchanges:
            del peer.exchanges[exchange]
            if isinstance(exchange, Observation):
                peer.observing -= 1
            if not peer.exchanges:
                peer.exchanges = None

    def _token(self, size: int) -> bytes:
        """§5.3.1: unpredictable, and not that of anything outstanding."""
        for _ in range(_DRAWS):
            token = self._randomness.take(size)
            if token not in self._tokens:
                return token
        raise ValueError("the source of randomness repeats itself")


class _Ending:
    """Tells of a failure later, from within a tick."""

    __slots__ = ("_failure",)

    def __init__(self, failure: Failure) -> None:
        self._failure = failure

    def __call__(self, exchange: Exchange, _: float) -> None:
        exchange.done(self._failure)


def _packed(request: Message, token: bytes, options: Options) -> bytes:
    """Return the datagram of a request, without its message id."""
    return pack(request.type, request.code, 0, token, options=options, payload=request.payload)


def _answers(exchange: Exchange, remote: Remote, response: Message) -> bool:
    """Whether a separate response is for a request with its token."""
    if exchange.id < 0:
        return False  # not sent yet: this is for an earlier one
    if isinstance(exchange, Observation) and len(exchange.token) == LONGEST_TOKEN:
        return True
    if exchange.request.options.observe == _NO_LONGER and response.options.observe is not None:
        return False  # a notification that met the request to end them (RFC 7641 §3.6)
    return exchange.remote == remote
