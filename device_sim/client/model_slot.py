"""Object 26242 on the device: what each slot holds, and which one serves.

A slot moves by the table below; a pair that is not in it is refused with 4.05
and changes nothing. `ModelSlots` keeps what concerns several slots: at most
one is active, and the one that was active before is what a fault falls back to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, Self

from objects.model_slot import Result, State

from ..errors import Refused, Why

METHOD_NOT_ALLOWED = 0x85

#: The instance of the model that is built into the running firmware.
BUILT_IN = 0


class Input(Enum):
    """What can happen to one slot."""

    WRITE_PACKAGE = auto()  # the first block of a write to /x/0
    WRITE_URI = auto()  # a URI written to /x/1
    CLEAR = auto()  # an empty write to /x/0 or /x/1
    RECEIVED = auto()  # the package is whole and verified
    FAILED = auto()  # the package is not to be had, or not to be run
    ACTIVATE = auto()  # Execute on /x/2
    DISPLACED = auto()  # another slot was activated
    RESTORED = auto()  # this slot serves again, as the one before it faulted
    FAULTED = auto()  # the watchdog bit, or the code faulted
    POWER_UP = auto()  # the device starts
    DECAYED = auto()  # on starting, the content is not what was verified


@dataclass(frozen=True, slots=True)
class _Move:
    """The next state, and the result it sets; None leaves the result as it was."""

    state: State
    result: Result | None = None


_E, _D, _V, _A = State.EMPTY, State.DOWNLOADING, State.VERIFIED, State.ACTIVE

# FAILED is here with the result it has where the caller tells none.
TABLE: Final[Mapping[tuple[State, Input], _Move]] = {
    (_E, Input.WRITE_PACKAGE): _Move(_D, Result.NONE),
    (_E, Input.WRITE_URI): _Move(_D, Result.NONE),
    (_E, Input.CLEAR): _Move(_E, Result.NONE),
    (_E, Input.POWER_UP): _Move(_E),
    # The last writer wins, so that a server that lost its place can begin again.
    (_D, Input.WRITE_PACKAGE): _Move(_D, Result.NONE),
    (_D, Input.WRITE_URI): _Move(_D, Result.NONE),
    (_D, Input.CLEAR): _Move(_E, Result.NONE),
    (_D, Input.RECEIVED): _Move(_V, Result.NONE),
    (_D, Input.FAILED): _Move(_E, Result.CONNECTION_LOST),
    (_D, Input.POWER_UP): _Move(_E, Result.CONNECTION_LOST),
    (_V, Input.WRITE_PACKAGE): _Move(_D, Result.NONE),
    (_V, Input.WRITE_URI): _Move(_D, Result.NONE),
    (_V, Input.CLEAR): _Move(_E, Result.NONE),
    (_V, Input.ACTIVATE): _Move(_A, Result.SUCCESS),
    (_V, Input.RESTORED): _Move(_A),
    (_V, Input.FAULTED): _Move(_V, Result.SELF_TEST_FAILED),
    (_V, Input.POWER_UP): _Move(_V),
    (_V, Input.DECAYED): _Move(_E, Result.INTEGRITY),
    (_A, Input.DISPLACED): _Move(_V),
    (_A, Input.FAULTED): _Move(_V, Result.SELF_TEST_FAILED),
    (_A, Input.POWER_UP): _Move(_A),
    (_A, Input.DECAYED): _Move(_E, Result.INTEGRITY),
}

_WRITES: Final = {Input.WRITE_PACKAGE, Input.WRITE_URI, Input.CLEAR}

#: How this object says why a package was refused.
RESULTS: Final[Mapping[Why, Result]] = {
    Why.NO_SPACE: Result.NO_SPACE,
    Why.NO_MEMORY: Result.NO_MEMORY,
    Why.CONNECTION_LOST: Result.CONNECTION_LOST,
    Why.FORMAT: Result.INTEGRITY,
    Why.INTEGRITY: Result.INTEGRITY,
    Why.WRONG_KIND: Result.WRONG_TARGET,
    Why.WRONG_TARGET: Result.WRONG_TARGET,
    Why.BAD_URI: Result.BAD_URI,
    Why.UNSUPPORTED_PROTOCOL: Result.BAD_URI,
    Why.SIGNATURE: Result.SIGNATURE,
}


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of the verified image in a slot."""

    model_name: str
    version: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ModelSlot:
    """One instance of Object 26242, as far as it survives a reset.

    `content` is there in the states verified and active, and only then.
    """

    state: State = State.EMPTY
    result: Result = Result.NONE
    package_uri: str = ""
    content: Content | None = None
    built_in: bool = False

    def step(
        self,
        what: Input,
        *,
        result: Result | None = None,
        package_uri: str = "",
        content: Content | None = None,
    ) -> Self:
        """Return the slot after `what`; raises `Refused` where that may not happen now.

        `result` belongs to FAILED, `package_uri` to WRITE_URI, `content` to RECEIVED.
        """
        move = TABLE.get((self.state, what))
        if move is None or (self.built_in and what in _WRITES):
            raise Refused(METHOD_NOT_ALLOWED, f"{what.name} in state {self.state.name}")
        if result is None:
            result = self.result if move.result is None else move.result
        keeps_content = move.state in (State.VERIFIED, State.ACTIVE)
        return replace(
            self,
            state=move.state,
            result=result,
            package_uri=package_uri if what in _WRITES else self.package_uri,
            content=(content or self.content) if keeps_content else None,
        )


@dataclass(frozen=True, slots=True)
class ModelSlots:
    """All slots by instance; `former` is the one that was active before the active one."""

    slots: Mapping[int, ModelSlot] = field(default_factory=dict)
    former: int | None = None

    @property
    def active(self) -> int | None:
        """The instance that serves, None where there is none."""
        return next((i for i, slot in self.slots.items() if slot.state is State.ACTIVE), None)

    def step(
        self,
        instance: int,
        what: Input,
        *,
        result: Result | None = None,
        package_uri: str = "",
        content: Content | None = None,
    ) -> Self:
        """Return all slots after `what` happened to `instance`; raises `Refused`."""
        slot = self.slots[instance].step(
            what, result=result, package_uri=package_uri, content=content
        )
        was_active = self.active
        after = replace(self, slots={**self.slots, instance: slot})
        if what is Input.ACTIVATE:
            return after._displace(was_active)
        if was_active == instance and slot.state is not State.ACTIVE:
            return after._fall_back()
        if instance == self.former and slot.state is not State.VERIFIED:
            return replace(after, former=None)
        return after

    def power_up(self) -> Self:
        """Return all slots as they are after a reset."""
        slots = {i: slot.step(Input.POWER_UP) for i, slot in self.slots.items()}
        return replace(self, slots=slots)

    def build_in(self, content: Content | None) -> Self:
        """Return all slots under a new firmware, with its model or without one.

        A model that came with a firmware was sent to serve, so it is active at once.
        """
        others = {i: slot for i, slot in self.slots.items() if i != BUILT_IN}
        former = None if self.former == BUILT_IN else self.former
        after = replace(self, slots=others, former=former)
        if content is None:
            return after if self.active != BUILT_IN else after._fall_back()
        slot = ModelSlot(State.ACTIVE, Result.SUCCESS, content=content, built_in=True)
        displaced = after.active
        with_it = replace(after, slots={BUILT_IN: slot, **others})
        return with_it._displace(displaced)

    def _displace(self, instance: int | None) -> Self:
        if instance is None:
            return replace(self, former=None)
        displaced = self.slots[instance].step(Input.DISPLACED)
        return replace(self, slots={**self.slots, instance: displaced}, former=instance)

    def _fall_back(self) -> Self:
        if self.former is None or self.slots[self.former].state is not State.VERIFIED:
            return replace(self, former=None)
        restored = self.slots[self.former].step(Input.RESTORED)
        return replace(self, slots={**self.slots, self.former: restored}, former=None)
