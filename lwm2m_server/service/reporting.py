"""What endpoints report by themselves: notifications and Send (OMA LwM2M Core 1.2 §6.4)."""

from collections.abc import Iterable, Sequence
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
# Records of a payload take a few bytes each; events are kept by the thousand.
_MOST_TOLD: Final = 1024


class NotificationListener(Protocol):
    """Whoever acts on what endpoints report."""

    def notified(self, endpoint: EndpointName, path: Path) -> None:
        """Act on a report of `path`, or of something below it."""
        ...


class ReportingService:
    """What the transport calls for each notification and each Send.

    Events tell `values` by path, the newest of each, and `times` (seconds since the epoch) of
    those that the endpoint dated. Where it reports one path several times, `history` has all of
    them, as `[time, path, value]` in its own order. Of more than some a thousand values at once
    the first are told, and `omitted` says how many are not.
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
        self._emit(EventKind.NOTIFICATION, endpoint, data, paths)

    def sent(
        self, address: str, identity: Identity, content_format: int | None, payload: bytes
    ) -> None:
        """Take what an endpoint reports by Send (§6.4.6).

        Raises `UnknownRegistration` (4.04) for who is not registered, `Forbidden` (4.03), and
        `CodecError` (4.00), of which `UnsupportedFormat` is 4.15.
        """
        endpoint = self._registrations.speaker(identity, address).endpoint
        records = self._records(endpoint, content_format, payload)
        paths = tuple(dict.fromkeys(record.path for record in records))
        self._emit(EventKind.SEND, endpoint, _told(records), paths)

    # --- inside -----------------------------------------------------------------------------

    def _reported(
        self, endpoint: EndpointName, target: Target, response: Response
    ) -> dict[str, Any]:
        content_format, payload = response.content_format, response.payload
        if isinstance(target, tuple) or content_format in composite():
            return _told(self._records(endpoint, content_format, payload))
        definitions = self._definitions.of(endpoint)
        node = decode(content_format, payload, target, definitions, self._root(endpoint))
        return {"values": {str(path): json_of(value) for path, value in leaves(target, node)}}

    def _records(
        self, endpoint: EndpointName, content_format: int | None, payload: bytes
    ) -> Sequence[Record]:
        definitions, now = self._definitions.of(endpoint), self._clock.now()
        return decode_records(content_format, payload, definitions, now, self._root(endpoint))

    def _root(self, endpoint: EndpointName) -> str:
        registration = self._registrations.by_endpoint(endpoint)
        return "/" if registration is None else registration.root

    def _emit(
        self, kind: EventKind, endpoint: EndpointName, data: dict[str, Any], paths: Iterable[Path]
    ) -> None:
        self._events.emit(kind, self._clock.now(), endpoint, data)
        for listener in self._listeners:
            for path in paths:
                listener.notified(endpoint, path)


def _told(reported: Sequence[Record]) -> dict[str, Any]:
    """Return records as an event tells them; what is not there any more is null."""
    records = reported[:_MOST_TOLD]
    values: dict[str, Any] = {}
    times: dict[str, float] = {}
    for record in records:
        path, at = str(record.path), record.time
        if at is not None and at < times.get(path, at):
            continue
        values[path] = None if record.value is None else json_of(record.value)
        if at is not None:
            times[path] = at
    told: dict[str, Any] = {"values": values}
    if times:
        told["times"] = times
    if len(values) < len(records):
        told["history"] = [
            [one.time, str(one.path), None if one.value is None else json_of(one.value)]
            for one in records
        ]
    if len(records) < len(reported):
        told["omitted"] = len(reported) - len(records)
    return told
