"""What a deployment's machine is told: answers to its effects, and what happens meanwhile.

An answer carries the ticket of the effect it answers; an answer to an effect that
the machine no longer waits for is dropped by its ticket alone.
"""

from dataclasses import dataclass

from objects import firmware_update, model_slot

from .deployment import ImageFacts, Outcome

# --- what happens by itself -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The deployment begins."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The server has restarted: whatever effect was under way is lost, its outcome unknown.

    `registered_at` is when the endpoint last sent a Register, None where it is not
    registered.
    """

    registered_at: float | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The endpoint has registered anew (OMA LwM2M Core 1.1 §6.2.1)."""


@dataclass(frozen=True, slots=True)
class Updated:
    """The endpoint has sent an Update (§6.2.2): it is there and listens."""


@dataclass(frozen=True, slots=True)
class Notified:
    """The endpoint notified State or Result. Only a reason to read both: never believed."""


@dataclass(frozen=True, slots=True)
class Woke:
    """The endpoint has slept for so many `seconds` (queue mode), and listens again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pulled:
    """The endpoint has fetched `done` of `total` bytes."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An operator wants it stopped."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The machine's `deadline` may be over; it checks."""


# --- answers ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of the effect with the same ticket."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Progressed(Answer):
    """Not the end yet, but `done` of `total` (bytes of a push, vectors of a self-test)."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class NoAnswer(Answer):
    """The endpoint did not answer, or is not registered: the outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Answered(Answer):
    """The endpoint answered a write, an execute or a push, or refused a self-test; a CoAP code."""

    code: int

    @property
    def ok(self) -> bool:
        """Whether the code is of class 2."""
        return self.code >> 5 == 2


@dataclass(frozen=True, slots=True)
class ReadRefused(Answer):
    """The endpoint answered a read with an error, or with what cannot be read; `why` says it."""

    why: str


@dataclass(frozen=True, slots=True)
class Broken(Answer):
    """The effect cannot be carried out on our side, now or ever; `why` says it."""

    why: str


@dataclass(frozen=True, slots=True)
class SlotStatus:
    """What a slot said of itself in one Read of the whole instance: State and Result together."""

    instance: int
    state: model_slot.State
    result: model_slot.Result
    image_hash: bytes | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True)
class SlotsProbed(Answer):
    """The slots that the endpoint has; none where it has no Object 26242."""

    slots: tuple[SlotStatus, ...]


@dataclass(frozen=True, slots=True)
class SlotRead(Answer):
    """State, Result and image hash of the slot."""

    slot: SlotStatus


@dataclass(frozen=True, slots=True)
class FirmwareStatus:
    """Object 5 and what identifies the running program, read together; None: not offered."""

    state: firmware_update.State
    result: firmware_update.UpdateResult
    pkg_version: str | None = None  # 5/0/7
    firmware_version: str | None = None  # 3/0/3
    image_hash: bytes | None = None  # 26241/10


@dataclass(frozen=True, slots=True)
class FirmwareProbed(Answer):
    """What Object 5 can do; `status` is None where the endpoint has no Object 5.

    `can_pull` counts 5/0/9 and whether 5/0/8 allows a scheme that we serve.
    """

    status: FirmwareStatus | None
    can_pull: bool = False
    can_push: bool = True


@dataclass(frozen=True, slots=True)
class FirmwareRead(Answer):
    """Object 5 and the identity of what runs."""

    status: FirmwareStatus


@dataclass(frozen=True, slots=True)
class Built(Answer):
    """There is a signed image to deliver."""

    image: ImageFacts


@dataclass(frozen=True, slots=True)
class BuildFailed(Answer):
    """There will be no image; how the deployment ends, and why."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class SelfTested(Answer):
    """All vectors went through, or one differed; `reason` says which."""

    passed: bool
    reason: str | None = None


Input = (
    Started
    | Resumed
    | Registered
    | Updated
    | Notified
    | Woke
    | Pulled
    | Cancelled
    | DeadlinePassed
    | Progressed
    | NoAnswer
    | Answered
    | ReadRefused
    | Broken
    | SlotsProbed
    | SlotRead
    | FirmwareProbed
    | FirmwareRead
    | Built
    | BuildFailed
    | SelfTested
)
