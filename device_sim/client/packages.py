"""Packages on their way into the device, for Object 5 and Object 26242 alike.

One package is under way per place at most; each place moves by the machine of
its object, and says with that object's number why a package was refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import InvalidImage, Refused, Why
from ..events import DeviceEventKind, Emit
from ..machine import Machine, PackageWriter
from .block1 import INCOMPLETE, TOO_LARGE, Block, Reception
from .holders import Holder


@dataclass(slots=True)
class _Arrival:
    """A package that is being pushed."""

    reception: Reception
    writer: PackageWriter


class Packages:
    """What arrives for one holder, by push or pull; `clock` gives seconds."""

    def __init__(
        self, holder: Holder, machine: Machine, emit: Emit, clock: Callable[[], float]
    ) -> None:
        self.holder = holder
        self._machine = machine
        self._emit = emit
        self._clock = clock
        self._arrival: _Arrival | None = None

    def push(self, block: Block, payload: bytes, size1: int | None) -> bool:
        """Take one block of a write to Package; whether the package is now whole.

        Raises `Refused`: what the object's state forbids, and what Block1 does.
        """
        if block.number == 0 and not self._repeats(block, payload):
            self._begin_push(size1)
        arrival = self._arrival
        if arrival is None:
            raise Refused(INCOMPLETE, "the transfer has to begin with block 0")
        if self._repeats(block, payload):
            return arrival.reception.complete
        try:
            arrival.reception = arrival.reception.take(block, payload, self._clock())
        except Refused as refusal:
            if refusal.code == TOO_LARGE:
                self.fail(Why.NO_SPACE, str(refusal))
            raise
        arrival.writer.append(payload)
        complete = arrival.reception.complete
        if complete:
            self.finish(arrival.writer.content())
        return complete

    def begin_pull(self, uri: str) -> None:
        """Expect a package that the device fetches from `uri`; raises `Refused`."""
        self._begin(uri)

    def writer(self) -> PackageWriter:
        """Begin to write from the first byte again."""
        return self._machine.writer(self.holder.instance)

    def clear(self) -> None:
        """Drop what is under way or there; raises `Refused`."""
        self.holder.clear()
        self.forget()

    def forget(self) -> None:
        """Drop the bytes of what is under way or there."""
        self._arrival = None
        self._machine.discard(self.holder.instance)

    def finish(self, data: bytes) -> None:
        """Check a whole package, and note it or why it is none."""
        try:
            sha256 = self.holder.receive(data)
        except InvalidImage as error:
            self._machine.discard(self.holder.instance)
            self.fail(error.why, str(error))
        else:
            self._emit(DeviceEventKind.VERIFIED, what=self.holder.name, sha256=sha256)

    def fail(self, why: Why, text: str) -> None:
        """Give up what is under way."""
        self._arrival = None
        self.holder.fail(why)
        self._emit(DeviceEventKind.REFUSED, what=self.holder.name, why=why.name, text=text)

    def expire(self) -> bool:
        """Give up a push whose next block is overdue; whether there was one."""
        arrival = self._arrival
        if arrival is None or not arrival.reception.is_stale(self._clock()):
            return False
        self.fail(Why.CONNECTION_LOST, f"no block after {arrival.reception.received} B")
        return True

    def _repeats(self, block: Block, payload: bytes) -> bool:
        return self._arrival is not None and self._arrival.reception.repeats(block, payload)

    def _begin_push(self, size1: int | None) -> None:
        self._begin(None)
        try:
            reception = Reception.begin(self.holder.limit, self._clock(), size1)
        except Refused as refusal:
            self.fail(Why.NO_SPACE, str(refusal))
            raise
        self._arrival = _Arrival(reception, self.writer())

    def _begin(self, uri: str | None) -> None:
        self.holder.begin(uri)
        self._arrival = None
        how = "push" if uri is None else "pull"
        self._emit(DeviceEventKind.DOWNLOADING, what=self.holder.name, how=how)
