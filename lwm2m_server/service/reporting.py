"""What endpoints report by themselves: notifications and Send (OMA LwM2M Core 1.2 §6.4)."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from objects.codecs import Record, composite, decode, decode_records
from objects.errors import ObjectsError
from objects.path import Path
from objects.tree import leaves

from ..protocol.events import EventKind
from ..protocol.identity import Identity
from ..protocol.operations import Response, Target
from ..protocol.registration import EndpointName
from .definitions import KnownDefinitions
from .ports import Clock, EventSink
from .registration import RegistrationService
from .values import json_of

_LONGEST_SHOWN: Final = 256
# Records of a payload take a few bytes each, or megabytes; events are kept by the thousand.
_MOST_TOLD: Final = 1024
_LONGEST_TOLD: Final = 128 * 1024


class NotificationListener(Protocol):
    """Whoever acts on what endpoints report."""

    def notified(self, endpoint: EndpointName, paths: Sequence[Path]) -> None:
        """Act on a report of `paths`, or of something below them; there may be none."""
        ...


class ReportingService:
    """What the transport calls for each notification and each Send.

    Events tell `values` by path, the newest of each, and `times` (seconds since the epoch) of
    those that the endpoint dated. Where it reports one path several times, `history` has all of
    them, as `[time, path, value]` in its own order. Of more than a thousand values at once, or of
    more than 128 Ki characters of them, the first are told, and `omitted` says how many are not.
    """

    def __init__(
        self,
        events: EventSink,
        registrations: RegistrationService,
        definitions: KnownDefinitions,
        clock: Clock,
    ) -> None:
        self._events = events
        self._registrations = registrations
        self._definitions = definitions
        self._clock = clock
        self._listeners: list[NotificationListener] = []

    def listen(self, listener: NotificationListener) -> None:
        """Let `listener` know of every report from now on."""
        self._listeners.append(listener)

    def notified(self, endpoint: EndpointName, target: Target, response: Response) -> None:
        """Take note of a notification; never blocks and never fails the caller."""
        paths = target if isinstance(target, tuple) else (target,)
        data: dict[str, Any] = (
            {"paths": [str(one) for one in target]}
            if isinstance(target, tuple)
            else {"path": str(target)}
        )
        data["code"] = response.code_text
        if response.ok:
            try:
                data |= self._reported(endpoint, target, response)
            except ObjectsError as error:
                data["unreadable"] = str(error)[:_LONGEST_SHOWN]
        self._events.emit(EventKind.NOTIFICATION, self._clock.now(), endpoint, data)
        self._tell(endpoint, paths)

    def sent(
        self, address: str, identity: Identity, content_format: int | None, payload: bytes
    ) -> None:
        """Take what an endpoint reports by Send (§6.4.6).

        Raises `UnknownRegistration` (4.04) for who is not registered, `Forbidden` (4.03), and
        `CodecError` (4.00), of which `UnsupportedFormat` is 4.15.
        """
        endpoint = self._registrations.speaker(identity, address).endpoint
        try:
            records = self._records(endpoint, content_format, payload)
        except ObjectsError:
            self._tell(endpoint, ())  # it is awake, whatever it sends
            raise
        paths = tuple(dict.fromkeys(record.path for record in records))
        self._events.emit(EventKind.SEND, self._clock.now(), endpoint, _told(records))
        self._tell(endpoint, paths)

    # --- inside -----------------------------------------------------------------------------

    def _reported(
        self, endpoint: EndpointName, target: Target, response: Response
    ) -> dict[str, Any]:
        content_format, payload = response.content_format, response.payload
        if isinstance(target, tuple) or content_format in composite():
            return _told(self._records(endpoint, content_format, payload))
        definitions = self._definitions.of(endpoint)
        node = decode(content_format, payload, target, definitions, self._root(endpoint))
        return _told([Record(path, value) for path, value in leaves(target, node)])

    def _records(
        self, endpoint: EndpointName, content_format: int | None, payload: bytes
    ) -> Sequence[Record]:
        definitions, now = self._definitions.of(endpoint), self._clock.now()
        return decode_records(content_format, payload, definitions, now, self._root(endpoint))

    def _root(self, endpoint: EndpointName) -> str:
        registration = self._registrations.by_endpoint(endpoint)
        return "/" if registration is None else registration.root

    def _tell(self, endpoint: EndpointName, paths: Sequence[Path]) -> None:
        for listener in self._listeners:
            listener.notified(endpoint, paths)


def _told(reported: Sequence[Record]) -> dict[str, Any]:
    """Return records as an event tells them; what is not there any more is null."""
    records = [
        (str(one.path), one.time, None if one.value is None else json_of(one.value))
        for one in reported[: _fitting(reported)]
    ]
    values: dict[str, Any] = {}
    times: dict[str, float] = {}
    for path, at, value in records:
        if at is not None and at < times.get(path, at):
            continue
        values[path] = value
        if at is not None:
            times[path] = at
    told: dict[str, Any] = {"values": values}
    if times:
        told["times"] = times
    if len(values) < len(records):
        told["history"] = [[at, path, value] for path, at, value in records]
    if len(records) < len(reported):
        told["omitted"] = len(reported) - len(records)
    return told


def _fitting(reported: Sequence[Record]) -> int:
    """Return how many records, from the first on, one event holds."""
    room = _LONGEST_TOLD
    for number, record in enumerate(reported[:_MOST_TOLD]):
        match record.value:
            case str(text):
                room -= len(text)
            case bytes(data):
                room -= 2 * len(data)  # in hexadecimal
        if room < 0:
            return number
    return min(len(reported), _MOST_TOLD)
