"""Requests to peers that aiocoap's own transports carry (TCP, TLS, OSCORE), seen as an endpoint."""

# Times and tokens are arguments of `coap.requester.Requester`, whoever needs them.
# ruff: noqa: ARG002

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiocoap
from aiocoap.pipe import Pipe

from ..coap.endpoint import Done, Exchange, Remote
from ..coap.errors import Failure, Gone, Malformed, Refused, TimedOut
from ..coap.limits import LIMITS, Limits
from ..coap.message import Message
from ..coap.tuning import TUNING, Tuning
from .translation import from_aiocoap, to_aiocoap

Ask = Callable[[Pipe, bytes | None], None]
"""Sends what a pipe asks for, under a token of the caller's choice where one is given."""

Notified = Callable[[Message], None]


@dataclass(slots=True, eq=False)
class _Conversation(Exchange):
    """A request on its way, and for an observation all that follows on it."""

    notified: Notified | None = None
    answered: bool = False
    stop: Callable[[], None] = lambda: None
    patience: asyncio.TimerHandle | None = None
    cancelled: bool = False

    def deliver(self, response: Message) -> None:
        """Hand the response on, unless nobody waits for it any more."""
        if not self.cancelled:
            self.done(response)


class Conversations:
    """What `coap.Endpoint` is to our own sockets, for peers whose transport aiocoap drives.

    `remote_of` returns aiocoap's remote for a peer. There are no message ids and no retransmission
    here: below is TCP, or our own layer once more. aiocoap waits for ever, so each request
    is bounded by `Tuning.response_timeout`.
    """

    def __init__(
        self,
        context: aiocoap.Context,
        ask: Ask,
        remote_of: Callable[[Any], Any],
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
    ) -> None:
        self.limits = limits
        self.entropy = secrets.token_bytes
        self._context = context
        self._ask = ask
        self._remote_of = remote_of
        self._tuning = tuning
        self._loop = asyncio.get_running_loop()
        self._under_way: dict[Remote, set[_Conversation]] = {}

    @property
    def now(self) -> float:
        """The time of the call under way, which is that of the loop."""
        return self._loop.time()

    # Times and tokens are arguments of `coap.requester.Requester`.

    def request(
        self,
        remote: Remote,
        request: Message,
        done: Done,
        now: float,
        *,
        token: bytes | None = None,
    ) -> Exchange:
        """Send a request; `done` is called once."""
        return self._begin(_Conversation(remote, request, done), token)

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
        """Send a request with Observe 0; `notified` gets each notification, in order."""
        return self._begin(_Conversation(remote, request, done, notified), token)

    def cancel(self, exchange: Exchange, now: float) -> None:
        """Forget an exchange or observation: nothing more is called for it."""
        if isinstance(exchange, _Conversation):
            exchange.cancelled = True
            self._drop(exchange)

    def moved(self, old: Remote, new: Remote) -> None:
        """Do nothing: what was asked over a connection has failed with it."""

    def grant(self, remote: Remote, size: int, since: float, heard: float) -> None:
        """Do nothing: a connection, or a key, has proven more than an address claims."""

    def credit(self, remote: Remote) -> int | None:
        """Return None: nothing is bounded."""
        return None

    def prove(self, remote: Remote, request: Message, now: float) -> None:
        """Do nothing, as nothing is to be proven."""

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at `when`; return what cancels that."""
        return self._loop.call_at(when, callback).cancel

    def _begin(self, conversation: _Conversation, token: bytes | None) -> Exchange:
        under_way = self._under_way.setdefault(conversation.remote, set())
        under_way.add(conversation)
        if len(under_way) > self.limits.waiting + self.limits.observations:
            self._loop.call_soon(
                self._fail, conversation, Refused("too many requests to one peer are under way")
            )
            return conversation
        seconds = self._tuning.response_timeout
        conversation.patience = self._loop.call_later(
            seconds, self._fail, conversation, TimedOut(f"no answer within {seconds:g} s")
        )
        remote = self._remote_of(conversation.remote)
        message = to_aiocoap(conversation.request, remote, incoming=False)
        pipe = Pipe(message, self._context.log)
        conversation.stop = pipe.on_event(lambda event: self._heard(conversation, event))
        try:
            self._ask(pipe, token)
        except Exception as fault:  # noqa: BLE001 - whatever aiocoap makes of a closing connection
            self._loop.call_soon(self._fail, conversation, Gone(str(fault) or repr(fault)))
        return conversation

    def _heard(self, conversation: _Conversation, event: Any) -> bool:
        """Take an event of aiocoap's; False when no more will come."""
        if event.message is None:
            why = str(event.exception) or type(event.exception).__name__
            self._fail(conversation, Gone(why))
            return False
        try:
            message = from_aiocoap(event.message)
        except Malformed as fault:
            self._fail(conversation, Gone(f"the answer cannot be read: {fault}"))
            return False
        first, conversation.answered = not conversation.answered, True
        if conversation.patience is not None:
            conversation.patience.cancel()
        if event.is_last:
            self._drop(conversation, stop=False)
        if first and event.is_last:
            # Only then is the token free for the next request of a transfer.
            self._loop.call_soon(conversation.deliver, message)
        elif first:
            conversation.done(message)
        elif conversation.notified is not None:
            conversation.notified(message)
        return not event.is_last

    def _fail(self, conversation: _Conversation, failure: Failure) -> None:
        if self._drop(conversation) and not conversation.answered:
            conversation.answered = True
            conversation.done(failure)

    def _drop(self, conversation: _Conversation, *, stop: bool = True) -> bool:
        """Forget a conversation; False where it was forgotten before."""
        under_way = self._under_way.get(conversation.remote)
        if under_way is None or conversation not in under_way:
            return False
        under_way.discard(conversation)
        if not under_way:
            del self._under_way[conversation.remote]
        if conversation.patience is not None:
            conversation.patience.cancel()
        if stop:
            conversation.stop()
        return True


class ConversationsDriver:
    """Drives conversations (see `exchanges.Driving`): the loop does it all."""

    def __init__(self, conversations: Conversations) -> None:
        self.endpoint = conversations
        self.now = asyncio.get_running_loop().time

    def flush(self) -> None:
        """Do nothing: what is asked leaves at once."""
