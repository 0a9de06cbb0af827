"""A module on its way into a slot of Object 26242: its phases and its value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from objects.model_slot import Result

from .machine import DeploymentState


class ModulePhase(StrEnum):
    """Where a module is on its way."""

    PROBING = "probing"
    BUILDING = "building"
    CLEARING = "clearing"
    TRANSFERRING = "transferring"
    VERIFIED = "verified wait"
    SELF_TESTING = "self-testing"
    ACTIVATING = "activating"
    CONFIRMING = "confirming"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleDeployment(DeploymentState):
    """A module on its way; `slot` is the instance of Object 26242 it is linked for."""

    phase: ModulePhase = ModulePhase.PROBING
    slot: int = 0
    tested: bool = False


FAILURES: Final = {
    Result.NO_SPACE: "the device has no space for the image (Result 2)",
    Result.NO_MEMORY: "the device ran out of memory (Result 3)",
    Result.CONNECTION_LOST: "the device lost the connection (Result 4)",
    Result.INTEGRITY: "the device found the image damaged (Result 5)",
    Result.WRONG_TARGET: "the device says the image is for another target or slot (Result 6)",
    Result.BAD_URI: "the device cannot pull from the URI (Result 7)",
    Result.SELF_TEST_FAILED: "the code faulted or timed out on the device (Result 8)",
    Result.SIGNATURE: "the device does not trust the signature (Result 9)",
}
