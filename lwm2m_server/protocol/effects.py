"""What a deployment's machine wants done.

Each is answered once, but for those without a ticket: nobody waits for these.
"""

from dataclasses import dataclass

from objects.path import Path


@dataclass(frozen=True, slots=True)
class Probe:
    """Read what the endpoint is and can.

    `SlotsProbed` or `FirmwareProbed`; `BuildFailed` where no build can serve it.
    """

    ticket: int


@dataclass(frozen=True, slots=True)
class BuildImage:
    """Compile, verify and sign for `slot` (None: the firmware); `Built` or `BuildFailed`."""

    ticket: int
    slot: int | None


@dataclass(frozen=True, slots=True)
class ReadSlot:
    """Read the slot; `SlotRead`."""

    ticket: int
    slot: int


@dataclass(frozen=True, slots=True)
class ReadFirmware:
    """Read Object 5, 3/0/3 and 26241/10; `FirmwareRead`."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Write:
    """Write a short `payload`; `Answered`."""

    ticket: int
    path: Path
    payload: bytes


@dataclass(frozen=True, slots=True)
class PushImage:
    """Send the image to `path` by Block1; `Progressed`, then `Answered`."""

    ticket: int
    path: Path


@dataclass(frozen=True, slots=True)
class OfferImage:
    """Write the URI under which the image is pulled to `path`; `Answered`."""

    ticket: int
    path: Path


@dataclass(frozen=True, slots=True)
class Execute:
    """Execute `path`: Activate or Update, never carried out twice; `Answered`."""

    ticket: int
    path: Path


@dataclass(frozen=True, slots=True)
class RunSelfTest:
    """Run the oracle's vectors through Input, Run and Output; `Progressed`, `SelfTested`."""

    ticket: int
    slot: int


@dataclass(frozen=True, slots=True)
class Observe:
    """Observe `path`, so that its changes come as `Notified`; best effort, no answer."""

    path: Path


@dataclass(frozen=True, slots=True)
class CancelObservation:
    """Observe `path` no longer; best effort, no answer."""

    path: Path


@dataclass(frozen=True, slots=True)
class Discard:
    """Write nothing to `path`, so that the endpoint drops the image; best effort, no answer."""

    path: Path


Effect = (
    Probe
    | BuildImage
    | ReadSlot
    | ReadFirmware
    | Write
    | PushImage
    | OfferImage
    | Execute
    | RunSelfTest
    | Observe
    | CancelObservation
    | Discard
)
