"""The message layer on the event loop: time, timers, the outbox and the routes."""

import asyncio
import secrets
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, Final

from ..coap.endpoint import Endpoint, Incoming
from ..coap.errors import Malformed
from ..coap.limits import LIMITS, Limits
from ..coap.message import Message, read
from ..coap.numbers import Code
from ..coap.tuning import TUNING, Tuning
from ..protocol.identity import NOSEC
from ..service.traffic import Tracer
from .errors import refusal
from .faults import FaultLog
from .handler import Handler, Sender

_Answer = tuple[Incoming, Message | None]
_Arrived = tuple[Sender, bytes, Message | Malformed]

_LATE: Final = 0.25
"""Seconds by which a timer is late where the loop was held up, not merely busy."""

_GRACE: Final = 1.0
"""Seconds for which a late timer waits for what came meanwhile: longer than 4 MiB of it take."""


class Driver:
    """Drives one `Endpoint` for all sockets and sessions of a server.

    `routes` maps the first segment of a Uri-Path to its handler; `otherwise` gets the rest. After
    anything is done to the endpoint, `flush` sends the outbox and sets the one timer anew;
    methods here do so themselves. What a handler raises is answered: by its code where the
    peer is at fault, else with 5.00 and a line in the log.
    """

    endpoint: Endpoint

    def __init__(
        self,
        routes: Mapping[str, Handler],
        otherwise: Handler,
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
        *,
        endpoint: Callable[..., Endpoint] = Endpoint,
        stands: Callable[[Message], bool] = lambda _: True,
        doubtful: Container[int] = frozenset({Code.CREATED}),
    ) -> None:
        self._routes = dict(routes)
        self._otherwise = otherwise
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self.endpoint = endpoint(
            served=self._served,
            entropy=secrets.token_bytes,
            limits=limits,
            tuning=tuning,
            proven=_proven,
            stands=stands,
            doubtful=doubtful,
            alike=alike,
        )
        self._faults = FaultLog(self.now)
        self._tracer: Tracer | None = None
        self._waiting: dict[asyncio.Future[Any], list[_Answer]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._in_batch = False
        self._heard = False
        self._grace_ends: float | None = None
        self._closed = False

    def received(self, datagrams: Iterable[tuple[Sender, bytes]]) -> None:
        """Take what came in one turn of the loop."""
        now = self.now()
        receive = self.endpoint.receive
        # One step for all takes less of a processor, whose caches it fits, than all for one.
        arrived: Iterable[_Arrived] = [
            (remote, datagram, read(datagram)) for remote, datagram in datagrams
        ]
        if self._tracer is not None:
            arrived = _traced(arrived, self._tracer)
        # What handlers ask for meanwhile leaves with the answers, in one go.
        self._in_batch = True
        for remote, datagram, message in arrived:
            try:
                receive(remote, datagram, now, message)
            except Exception as fault:  # noqa: BLE001 - one datagram must not cost the others theirs
                self._faults.note("a datagram was not understood", fault)
        self._in_batch = False
        self._heard = True
        self.flush()

    def unreachable(self, remote: Sender, why: str) -> None:
        """Take an ICMP error as a hint (see `Endpoint.unreachable`)."""
        self.endpoint.unreachable(remote, why, self.now())
        self.flush()

    def ended(self, remote: Sender, why: str) -> None:
        """Drop what belongs to a session that is over (see `Endpoint.forget`)."""
        self.endpoint.forget(remote, why, self.now())
        self.flush()

    def flush(self) -> None:
        """Send what is to be sent, and have `tick` called when it is due."""
        if self._in_batch:
            return
        endpoint = self.endpoint
        while outbox := endpoint.outbox:
            endpoint.outbox = []  # what sending leads to is sent in turn
            if self._tracer is not None:
                for remote, datagram in outbox:
                    self._tracer.left(remote.address, datagram)  # type: ignore[attr-defined]
            for remote, datagram in outbox:
                remote.send(datagram)  # type: ignore[attr-defined] # remotes here are Senders
        due = endpoint.next_due()
        if due is None or self._closed:
            return
        if self._timer is not None:
            # A timer that is early finds nothing to do and is set anew: cheaper than to cancel
            # and set one with each message.
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._tick)

    def trace(self, tracer: Tracer | None) -> None:
        """Tell `tracer` of every message from now on; None is nobody, which costs nothing."""
        self._tracer = tracer

    def close(self) -> None:
        """Stop the timer; what is still to be answered stays without an answer."""
        self._closed = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- inside -----------------------------------------------------------------------------

    def _tick(self) -> None:
        self._timer = None
        now = self.now()
        due = self.endpoint.next_due()
        if due is not None and self._catching_up(due, now):
            self._timer = self._loop.call_at(due, self._tick)  # after the sockets, next turn
            return
        try:
            self.endpoint.tick(now)
        except Exception as fault:  # noqa: BLE001 - the timer must be set anew, whatever failed
            self._faults.note("a timer failed", fault)
        self.flush()

    def _catching_up(self, due: float, now: float) -> bool:
        """Whether what is due has to wait for datagrams that came while the loop was held up.

        After a long pause the answers are there, but in the sockets, of which each turn reads
        a part: who looked at the time first would send again, or give up, what is answered.
        """
        heard, self._heard = self._heard, False
        if now - due > _LATE and heard:
            if self._grace_ends is None:
                self._grace_ends = now + _GRACE
            if now < self._grace_ends:
                return True
        self._grace_ends = None
        return False

    def _served(self, incoming: Incoming) -> None:
        options = incoming.message.options
        path = options.uri_path
        handler = self._otherwise
        if path and options.oscore is None:  # what that protects has its path inside
            handler = self._routes.get(path[0], handler)
        try:
            answer = handler(incoming)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the peer gets an answer
            answer = self._refused(fault)
        if isinstance(answer, Message):
            self._respond(((incoming, answer),), self.endpoint.now)
            return
        until = answer.until
        waiting = self._waiting.get(until)
        if waiting is None:
            waiting = self._waiting[until] = []
            until.add_done_callback(self._settled)
        waiting.append((incoming, answer.response))

    def _settled(self, until: "asyncio.Future[Any]") -> None:
        """Answer all that waited for `until`."""
        waiting = self._waiting.pop(until, None)
        if waiting is None or self._closed:
            return
        refused: Message | None = None
        if until.cancelled():
            refused = self._refused(RuntimeError("what the answer waited for was cancelled"))
        elif (fault := until.exception()) is not None:
            refused = self._refused(fault)
        if refused is not None:
            waiting = [(incoming, refused) for incoming, _ in waiting]
        self._respond(waiting, self.now(), refused or until.result())
        self.flush()

    def _respond(self, answers: Iterable[_Answer], now: float, result: Any = None) -> None:
        """Answer, by `result` what has no answer yet; by 5.00 where no message can hold it."""
        respond = self.endpoint.respond
        for incoming, response in answers:
            try:
                respond(incoming, response or result, now)
            except Exception as fault:  # noqa: BLE001 - others wait for theirs behind this one
                respond(incoming, self._refused(fault), now)

    def _refused(self, fault: BaseException) -> Message:
        """Return the error response; a fault of ours is noted."""
        response = refusal(fault)
        if response.code >> 5 == 5:
            self._faults.note("a request failed", fault)
        return response


def _traced(arrived: Iterable[_Arrived], tracer: Tracer) -> Iterator[_Arrived]:
    for one in arrived:
        remote, datagram, _ = one
        tracer.came(remote.address, datagram)
        yield one


def alike(one: Any, other: Any) -> bool:
    """Whether two peers have proven to be the same, or both nothing."""
    same: bool = one.identity == other.identity
    return same


def _proven(remote: Any) -> bool:
    """Whether a peer's address is more than a claim: a handshake went there and back."""
    return remote.identity is not NOSEC
