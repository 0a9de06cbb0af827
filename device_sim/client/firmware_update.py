"""Object 5 on the device: State and Update Result (OMA object 5 version 1.1).

The update moves by the table below; a pair that is not in it is refused with
4.05 and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Self

from objects.firmware_update import State, UpdateResult

from ..errors import Refused, Why

METHOD_NOT_ALLOWED = 0x85


class Input(Enum):
    """What can happen to a firmware update."""

    WRITE_PACKAGE = auto()  # the first block of a write to /5/0/0
    WRITE_URI = auto()  # a URI written to /5/0/1
    RESET = auto()  # an empty URI, or a package of one NUL
    RECEIVED = auto()  # the package is whole and its integrity checked
    FAILED = auto()  # the package is not to be had, or not to be installed
    CANCEL = auto()  # Execute on /5/0/10
    EXECUTE = auto()  # Execute on /5/0/2
    INSTALLED = auto()  # the new firmware has started
    NOT_INSTALLED = auto()  # it has not, and the former one runs again
    POWER_UP = auto()  # the device starts, without an installation under way


@dataclass(frozen=True, slots=True)
class _Move:
    """The next state, and the result it sets; None leaves the result as it was."""

    state: State
    result: UpdateResult | None = None


_IDLE, _LOADING = State.IDLE, State.DOWNLOADING
_LOADED, _UPDATING = State.DOWNLOADED, State.UPDATING
_NONE = UpdateResult.INITIAL

# The result is reset whenever a process starts (object 5, resource 5). FAILED
# is here with the result it has where the caller tells none.
TABLE: Final[Mapping[tuple[State, Input], _Move]] = {
    (_IDLE, Input.WRITE_PACKAGE): _Move(_LOADING, _NONE),
    (_IDLE, Input.WRITE_URI): _Move(_LOADING, _NONE),
    (_IDLE, Input.RESET): _Move(_IDLE, _NONE),
    (_IDLE, Input.POWER_UP): _Move(_IDLE),
    # RFC 7959 §2.5: block 0 anew begins the transfer anew.
    (_LOADING, Input.WRITE_PACKAGE): _Move(_LOADING, _NONE),
    (_LOADING, Input.RESET): _Move(_IDLE, _NONE),
    (_LOADING, Input.RECEIVED): _Move(_LOADED, _NONE),
    (_LOADING, Input.FAILED): _Move(_IDLE, UpdateResult.CONNECTION_LOST),
    (_LOADING, Input.CANCEL): _Move(_IDLE, UpdateResult.CANCELLED),
    (_LOADING, Input.POWER_UP): _Move(_IDLE, UpdateResult.CONNECTION_LOST),
    (_LOADED, Input.RESET): _Move(_IDLE, _NONE),
    (_LOADED, Input.CANCEL): _Move(_IDLE, UpdateResult.CANCELLED),
    (_LOADED, Input.EXECUTE): _Move(_UPDATING, _NONE),
    (_LOADED, Input.POWER_UP): _Move(_LOADED),
    # Version 1.1 leaves open where a failed update ends; Idle, as the package
    # has proven useless.
    (_UPDATING, Input.INSTALLED): _Move(_IDLE, UpdateResult.SUCCESS),
    (_UPDATING, Input.NOT_INSTALLED): _Move(_IDLE, UpdateResult.UPDATE_FAILED),
}

#: How this object says why a package was refused.
RESULTS: Final[Mapping[Why, UpdateResult]] = {
    Why.NO_SPACE: UpdateResult.NO_STORAGE,
    Why.NO_MEMORY: UpdateResult.OUT_OF_MEMORY,
    Why.CONNECTION_LOST: UpdateResult.CONNECTION_LOST,
    Why.FORMAT: UpdateResult.UNSUPPORTED_PACKAGE,
    Why.INTEGRITY: UpdateResult.INTEGRITY,
    Why.WRONG_KIND: UpdateResult.UNSUPPORTED_PACKAGE,
    Why.WRONG_TARGET: UpdateResult.UNSUPPORTED_PACKAGE,
    Why.BAD_URI: UpdateResult.INVALID_URI,
    Why.UNSUPPORTED_PROTOCOL: UpdateResult.UNSUPPORTED_PROTOCOL,
    Why.SIGNATURE: UpdateResult.INTEGRITY,
}

_FROM_SERVER: Final = {Input.WRITE_PACKAGE, Input.WRITE_URI, Input.RESET}


@dataclass(frozen=True, slots=True)
class FirmwareUpdate:
    """What Object 5 holds, as far as it survives a reset.

    `pkg_name` and `pkg_version` are those of the package that was received or
    installed last, empty where there is none.
    """

    state: State = State.IDLE
    result: UpdateResult = UpdateResult.INITIAL
    package_uri: str = ""
    pkg_name: str = ""
    pkg_version: str = ""

    def step(
        self,
        what: Input,
        *,
        result: UpdateResult | None = None,
        package_uri: str = "",
        package: tuple[str, str] = ("", ""),
    ) -> Self:
        """Return the update after `what`; raises `Refused` where that may not happen now.

        `result` belongs to FAILED, `package_uri` to WRITE_URI, `package` (name and
        version) to RECEIVED.
        """
        move = TABLE.get((self.state, what))
        # Only a push can begin anew while loading: its blocks are the server's own.
        pulling = self.state is State.DOWNLOADING and bool(self.package_uri)
        if move is None or (pulling and what is Input.WRITE_PACKAGE):
            raise Refused(METHOD_NOT_ALLOWED, f"{what.name} in state {self.state.name}")
        if result is None:
            result = self.result if move.result is None else move.result
        keeps = what in (Input.EXECUTE, Input.INSTALLED, Input.POWER_UP)
        name, version = (self.pkg_name, self.pkg_version) if keeps else package
        return replace(
            self,
            state=move.state,
            result=result,
            package_uri=package_uri if what in _FROM_SERVER else self.package_uri,
            pkg_name=name,
            pkg_version=version,
        )
