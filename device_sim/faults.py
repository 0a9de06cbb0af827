"""Scripted faults: what goes wrong with a device, where and when, decided beforehand."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field


class PowerCut(Exception):
    """The power went away in the middle of a flash operation; the device starts anew."""


@dataclass(slots=True)
class FlashFaults:
    """What goes wrong with the flash; counted over the life of the device.

    The operation (one page erased, or one write) of number `power_cut_at`,
    from 0, is done by half and ends in `PowerCut`. `bad_bytes` are addresses
    where a bit stays set whatever is written.
    """

    power_cut_at: int | None = None
    bad_bytes: frozenset[int] = frozenset()
    operations: int = 0

    def cuts_now(self) -> bool:
        """Count one operation; whether the power goes away during it."""
        self.operations += 1
        return self.operations - 1 == self.power_cut_at

    def spoil(self, address: int, data: bytes) -> bytes:
        """Return what the cells at `address` really take of `data`."""
        spoilt = bytearray(data)
        for bad in self.bad_bytes:
            if address <= bad < address + len(data):
                spoilt[bad - address] ^= 0x01
        return bytes(spoilt)


@dataclass(frozen=True, slots=True)
class LinkFaults:
    """What a network does to datagrams: probabilities from 0 to 1, delays in seconds.

    Each datagram that is not lost is delayed by between `delay` and
    `delay + jitter`, so jitter reorders. `seed` makes two runs equal.
    """

    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    seed: int = 0

    def fates(self) -> Iterator[tuple[float, ...]]:
        """Yield for each datagram the delays after which it arrives; none when it is lost."""
        dice = random.Random(self.seed)
        while True:
            copies = 0 if dice.random() < self.loss else 1
            copies += dice.random() < self.duplication if copies else 0
            yield tuple(self.delay + dice.random() * self.jitter for _ in range(copies))


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that goes wrong with one device; by default nothing does."""

    flash: FlashFaults = field(default_factory=FlashFaults)
    link: LinkFaults | None = None
