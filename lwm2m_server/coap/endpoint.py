"""The endpoint: messages, exchanges and observations with any number of peers."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final, NamedTuple

from .client import Client
from .dedup import SILENCE, Replies
from .errors import Malformed
from .exchange import Done, Exchange, Incoming, Notified, Outcome, Remote
from .ids import Entropy, Randomness
from .limits import LIMITS, Limits
from .message import Message, decode, empty, read
from .messaging import Messaging
from .numbers import ACK, CON, NON, RST, VERSION, Code, is_request
from .server import Server
from .timers import Timed, Wheel
from .tuning import TUNING, Tuning

__all__ = ["Done", "Endpoint", "Entropy", "Exchange", "Incoming", "Outcome", "Remote"]

_HEADER: Final = 4
_ANSWERING: Final = 0x20
"""The bit of the first byte that tells ACK and RST from CON and NON."""


class Held(NamedTuple):
    """What an endpoint remembers, in number: for metrics, and to see that nothing stays.

    `peers` with anything under way or not long ago, `exchanges` and observations of ours,
    `answers` kept for duplicates, `bodies` on their way in, peers whose requests are `served`.
    """

    peers: int
    exchanges: int
    answers: int
    bodies: int
    served: int


class Endpoint:
    """All peers of one server, client and server at once (§4, §5, RFC 7641, RFC 7959).

    `served` is called for each new request, whole: bodies in blocks are put together
    before, and answers larger than a block are cut after (see `assembly` and `cut`). Callbacks
    are called from within `receive` and `tick`; they may call any method. What one raises
    comes out there, once all else is done that the endpoint has to do; nothing is lost by it.
    `stands` is asked about a 2.01, or what else is `doubtful`, before it is given again: a request
    that comes again once what it has created is gone is no retransmission, but of a client that
    started anew.
    `alike` tells whether a notification from the second remote may be of what the first observes:
    where it does not, the token is not enough.
    `outbox` holds what is to be sent, in order; the shell empties it after each call or batch
    of calls. Times are seconds on any steady clock; `now` is that of the call under way, for
    callbacks, which are told no time.
    """

    def __init__(
        self,
        served: Callable[[Incoming], None],
        entropy: Entropy,
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
        *,
        proven: Callable[[Remote], bool] = lambda _: False,
        stands: Callable[[Message], bool] = lambda _: True,
        doubtful: Container[int] = frozenset({Code.CREATED}),
        alike: Callable[[Remote, Remote], bool] = lambda *_: True,
    ) -> None:
        self.now = 0.0
        self.entropy = entropy
        self.limits = limits
        self.tuning = tuning
        self._proven = proven
        self._stands = stands
        self._doubtful = doubtful
        self._wheel = Wheel()
        randomness = Randomness(entropy)
        self._messaging = Messaging(self._wheel, randomness, limits, tuning)
        self._replies = Replies(self._wheel, tuning.exchange_lifetime, limits.remembered)
        self._client = Client(self._messaging, self._wheel, randomness, limits, tuning, alike=alike)
        self._server = Server(
            self._messaging,
            self._replies,
            self._wheel,
            limits,
            tuning,
            served=served,
            proven=self.proven,
        )
        self._messaging.acknowledged = self._client.acknowledged
        self._messaging.failed = self._client.failed

    @property
    def outbox(self) -> list[tuple[Remote, bytes]]:
        """What is to be sent, in order; may be emptied or replaced."""
        return self._messaging.outbox

    @outbox.setter
    def outbox(self, outbox: list[tuple[Remote, bytes]]) -> None:
        self._messaging.outbox = outbox

    def receive(
        self,
        remote: Remote,
        datagram: bytes,
        now: float,
        message: Message | Malformed | None = None,
    ) -> None:
        """Take a datagram. What is malformed is answered, reset or ignored (§4.2).

        `message` is what `read` makes of it, if that is known. Raises nothing but what a
        callback does.
        """
        self.now = now
        origin = hash(remote)
        key = hash((origin, datagram))
        if len(datagram) >= _HEADER and not datagram[0] & _ANSWERING and datagram[1]:
            reply = self._replies.find(key)
            if reply is not None and self._answers(datagram, reply):
                if reply:
                    self._messaging.outbox.append((remote, reply))
                return
        if message is None:
            message = read(datagram)
        if isinstance(message, Malformed):
            self._refuse(remote, datagram, message)
        elif not message.code:
            self._empty(remote, message, now)
        elif not message.code >> 5:  # §12.1: class 0 are requests
            incoming = Incoming(remote, message, len(datagram), origin, key)
            self._server.request(incoming, now)
        else:
            self._response(remote, message, key, now)

    def respond(self, incoming: Incoming, response: Message, now: float) -> None:
        """Answer a request: in its ACK, or separately where that has gone (§5.2).

        A second answer is dropped. Raises `ValueError` for a response that no message can
        hold; the request still waits then.
        """
        self.now = now
        self._server.respond(incoming, response, now)

    def request(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        now: float,
        *,
        token: bytes | None = None,
    ) -> Exchange:
        """Send a request (type CON or NON as told) when it is its turn; `done` is called once.

        NSTART exchanges per peer are under way, the others wait (§4.7). `token` of a
        transfer may be kept for all its blocks; else each request has a random one.
        A failure concerns this exchange alone. Raises `ValueError` for a request that no
        message can hold.
        """
        self.now = now
        return self._client.request(remote, request, done, token=token, now=now)

    def observe(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        notified: Notified,
        now: float,
        *,
        token: bytes | None = None,
    ) -> Exchange:
        """Send a request with Observe 0; `notified` gets each fresh notification (RFC 7641 §3.4).

        `token` is a random one that was sent nowhere else: the answer proves the address.
        It goes on until `cancel` or an error notification (which is handed on, the last).
        A notification is known by its token, from whatever address it comes that is `alike`;
        a stale one is acknowledged and dropped.
        """
        self.now = now
        return self._client.observe(remote, request, done, notified, token=token, now=now)

    def cancel(self, exchange: Exchange, now: float) -> None:
        """Forget an exchange or observation: nothing more is sent, called or matched for it.

        A later notification is reset, by which the peer learns of it (RFC 7641 §3.6).
        """
        self.now = now
        self._client.cancel(exchange, now)

    def moved(self, old: Remote, new: Remote) -> None:
        """Let everything of `old` go on with `new`: the same peer at another address."""
        self._client.move(old, new, self.now)

    def unreachable(self, remote: Remote, why: str, now: float) -> None:
        """Take an ICMP error as a hint: fails what awaits a first ACK, never an observation.

        One alone fails nothing: a device that starts anew refuses for a moment, and anybody can
        forge one (RFC 1122 §4.2.3.9 calls them soft). What was refused, was sent again and
        is refused again has failed.
        """
        self.now = now
        self._messaging.unreachable(remote, why, now)

    def forget(self, remote: Remote, why: str, now: float) -> None:
        """Fail and drop what is under way with a peer that nothing reaches: its session ended.

        Established observations stay: who comes back may go on with them (see `observe`).
        """
        self.now = now
        self._client.forget(remote, why, now)
        self._server.forget(remote)

    def proven(self, remote: Remote) -> bool:
        """Whether an address is more than a claim: it has answered us, or shaken hands."""
        return self._messaging.credits.proven(remote) or self._proven(remote)

    def grant(self, remote: Remote, size: int, since: float, heard: float) -> None:
        """Bound what is sent unasked to an address that somebody has named, until it is proven.

        `size` bytes may go there for what was heard from it at `heard`; hearing the same again
        grants nothing more. What was proven before `since` does not count any more. Both are
        seconds on any one clock.
        """
        if not self._proven(remote):
            self._messaging.credits.grant(remote, size, since, heard)

    def credit(self, remote: Remote) -> int | None:
        """Return how many bytes may go to an address unasked, None where nothing bounds them.

        A request that is larger fails by `Refused`.
        """
        return self._messaging.credits.left(remote)

    def prove(self, remote: Remote, request: Message, now: float) -> None:
        """Send a request out of turn, for its answer to prove the address, whatever it says."""
        self.now = now
        self._client.request(remote, request, lambda _: None, token=None, now=now, ahead=True)

    def engaged(self, remote: Remote) -> bool:
        """Whether a message of ours to a peer awaits its ACK, or its turn."""
        peer = self._messaging.peers.find(remote)
        return peer is not None and bool(peer.sent or peer.waiting)

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` from a `tick` at or after `when`; return what cancels that."""
        call = _Call(callback)
        self._wheel.set(call, when, _run)
        return lambda: self._wheel.clear(call)

    def next_due(self) -> float | None:
        """Return when `tick` is to be called next, None while nothing waits."""
        timer, acknowledgement = self._wheel.next_due(), self._server.next_due()
        if timer is None or acknowledgement is None:
            return acknowledgement if timer is None else timer
        return min(timer, acknowledgement)

    def tick(self, now: float) -> None:
        """Do what is due: retransmit, give up, acknowledge what is still served, forget."""
        self.now = now
        self._server.tick(now)
        self._wheel.tick(now)

    def held(self) -> Held:
        """Count what is remembered."""
        return Held(
            len(self._messaging.peers),
            len(self._client),
            len(self._replies),
            len(self._server.assemblies),
            len(self._server.serving),
        )

    # --- inside -----------------------------------------------------------------------------

    def _answers(self, datagram: bytes, reply: bytes) -> bool:
        """Whether a reply that is remembered is one to this very message, and still right."""
        if not reply:
            return True
        id_and_token = slice(2, _HEADER + (reply[0] & 15))
        if reply[id_and_token] != datagram[id_and_token]:
            return False  # the hash of another message
        return reply[1] not in self._doubtful or self._stands(decode(reply))

    def _empty(self, remote: Remote, message: Message, now: float) -> None:
        if message.type == CON:  # §4.3: a ping
            self._messaging.outbox.append((remote, empty(RST, message.id)))
        elif message.type != NON:
            self._messaging.empty(remote, message.type, message.id, now)

    def _response(self, remote: Remote, message: Message, key: int, now: float) -> None:
        exchange = self._client.match(remote, message)
        if exchange is None:
            # §4.2; a NON notification that nobody wants would go on otherwise (RFC 7641 §3.6).
            if message.type == CON or (message.type == NON and message.options.observe is not None):
                self._messaging.outbox.append((remote, empty(RST, message.id)))
            return
        if message.type == CON:
            acknowledgement = empty(ACK, message.id)
            self._messaging.outbox.append((remote, acknowledgement))
            self._replies.keep(key, acknowledgement, now)
        elif message.type == NON:
            self._replies.keep(key, SILENCE, now)
        self._client.deliver(exchange, remote, message, now)

    def _refuse(self, remote: Remote, datagram: bytes, fault: Malformed) -> None:
        """§4.2, §5.4.1: a CON is answered or reset, all else ignored, another version too (§3)."""
        if len(datagram) < _HEADER or datagram[0] >> 4 != VERSION << 2 | CON:
            return
        number = datagram[2] << 8 | datagram[3]
        if fault.code is None or not is_request(datagram[1]):
            self._messaging.outbox.append((remote, empty(RST, number)))
        else:
            token = datagram[_HEADER : _HEADER + (datagram[0] & 15)]
            self._server.refuse(remote, number, token, fault.code)


@dataclass(slots=True, eq=False)
class _Call(Timed):
    callback: Callable[[], None]


def _run(call: _Call, _: float) -> None:
    call.callback()
