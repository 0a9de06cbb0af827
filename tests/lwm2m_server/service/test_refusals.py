"""Operators learn of devices that are refused, and nobody drowns them in it."""

from collections.abc import Iterable
from typing import Any

from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.service.refusals import Refusals

from .world import FakeClock


class Told:
    """The `EventSink`, and the refusals that it is told of."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.clock = FakeClock()
        self.refusals = Refusals(self, self.clock)

    def emit(self, kind: EventKind, at: float, endpoint: str | None, data: dict[str, Any]) -> None:
        self.events.append(Event(kind, at, endpoint, data, 0))

    def emit_all(
        self, at: float, happened: Iterable[tuple[EventKind, str | None, dict[str, Any]]]
    ) -> None:
        for kind, endpoint, data in happened:
            self.emit(kind, at, endpoint, data)

    def note(self, endpoint: str | None, why: str = "no credential") -> None:
        self.refusals.note(endpoint, "coap://192.0.2.1:5683", why)

    def told(self) -> list[tuple[str | None, str, int]]:
        assert {event.kind for event in self.events} <= {EventKind.REFUSED}
        return [(one.endpoint, one.data["why"], one.data["untold"]) for one in self.events]


def test_a_device_that_tries_on_and_on_is_told_of_now_and_then() -> None:
    at = Told()
    for _ in range(100):
        at.note("dev")
        at.clock.time += 5.9
    assert at.told() == [("dev", "no credential", 0)]
    at.clock.time += 10.0
    at.note("dev")
    at.note("dev", "another's credential")
    assert (at.told())[1:] == [
        ("dev", "no credential", 99),
        ("dev", "another's credential", 0),
    ]


def test_many_names_fill_neither_the_log_nor_memory() -> None:
    at = Told()
    for number in range(10_000):
        at.note(f"dev{number}")
        at.clock.time += 0.01
    assert len(at.told()) == 2 * 12
    for _ in range(2_000):
        at.clock.time += 60.0
        at.note(f"later{at.clock.time}")
    assert len(at.refusals._told) == 1024
