"""A firmware on its way through Object 5: its phases and its value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from objects.firmware_update import UpdateResult

from .machine import DeploymentState


class FirmwarePhase(StrEnum):
    """Where a firmware is on its way."""

    PROBING = "probing"
    BUILDING = "building"
    RESETTING = "resetting"
    TRANSFERRING = "transferring"
    DOWNLOADED = "downloaded"
    EXECUTING = "executing"
    REBOOTING = "rebooting"
    CONFIRMING = "confirming"
    TESTING = "testing the built-in model"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareDeployment(DeploymentState):
    """A firmware on its way; `own` where we build it, else an operator stored it.

    `version_before` is 3/0/3 as it was before anything was sent. `idle_read` says
    that State was read as 0 after the Execute, `back` that the endpoint has since
    registered anew, or sent an Update after that. `reads` counts what was read
    to confirm.
    """

    phase: FirmwarePhase = FirmwarePhase.PROBING
    own: bool = True
    version_before: str | None = None
    idle_read: bool = False
    back: bool = False
    reads: int = 0


# `deferred` (11) is not here: the device will go on by itself.
FAILURES: Final = {
    UpdateResult.NO_STORAGE: "the device has no storage for the image (Result 2)",
    UpdateResult.OUT_OF_MEMORY: "the device ran out of memory (Result 3)",
    UpdateResult.CONNECTION_LOST: "the device lost the connection (Result 4)",
    UpdateResult.INTEGRITY: "the device found the image damaged (Result 5)",
    UpdateResult.UNSUPPORTED_PACKAGE: "the device does not take this kind of image (Result 6)",
    UpdateResult.INVALID_URI: "the device cannot pull from the URI (Result 7)",
    UpdateResult.UPDATE_FAILED: "the device could not install the image (Result 8)",
    UpdateResult.UNSUPPORTED_PROTOCOL: "the device does not speak the URI's protocol (Result 9)",
    UpdateResult.CANCELLED: "the update was cancelled at the device (Result 10)",
}
