"""Notifications from endpoints (OMA LwM2M Core 1.1 §6.4)."""

from typing import Final, Protocol

from objects.codecs import decode
from objects.errors import ObjectsError
from objects.path import Path
from objects.registry import Registry as Definitions

from ..protocol.events import EventKind
from ..protocol.operations import Response
from ..protocol.registration import EndpointName
from .ports import Clock, EventSink
from .values import shown_values

_LONGEST_SHOWN: Final = 256


class NotificationListener(Protocol):
    """Whoever acts on notifications."""

    def notified(self, endpoint: EndpointName, path: Path) -> None:
        """Act on a notification of `path`."""
        ...


class ReportingService:
    """What the transport calls for each notification."""

    def __init__(self, events: EventSink, definitions: Definitions, clock: Clock) -> None:
        self._events = events
        self._definitions = definitions
        self._clock = clock
        self._listeners: list[NotificationListener] = []

    def listen(self, listener: NotificationListener) -> None:
        """Let `listener` know of every notification from now on."""
        self._listeners.append(listener)

    def notified(self, endpoint: EndpointName, path: Path, response: Response) -> None:
        """Take note of a notification; never blocks and never fails the caller."""
        data: dict[str, object] = {"path": str(path), "code": response.code_text}
        try:
            node = decode(response.content_format, response.payload, path, self._definitions)
            values = shown_values(path, node, self._definitions)
            data["values"] = {str(value.path): value.value for value in values}
        except ObjectsError as error:
            data["unreadable"] = str(error)[:_LONGEST_SHOWN]
        self._events.emit(EventKind.NOTIFICATION, self._clock.now(), endpoint, data)
        for listener in self._listeners:
            listener.notified(endpoint, path)
