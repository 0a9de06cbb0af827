"""What can stop a build.

CompileError
├── InvalidModel          the bytes are no TFLite model, or one that contradicts itself
├── UnsupportedModel      a model we understand and do not serve: operator, type or form
├── UnknownHardware       no target can be told from what the device reported
├── InvalidBoard          a row of a board table that cannot be
├── NoSlotMap             nothing tells where in the device's memory the image is to live
├── NoBackend             no backend compiles for the core
├── DoesNotFit            linked sizes exceed what the device has
├── ToolchainFailed       the compiler or linker refused our own output
├── NoEmulator            nothing here runs the core's code, so no build can be proven
├── NoOracle              the reference interpreter is not to be had on this host
└── VerificationFailed    machine code and oracle disagree, or the code left its memory

`kind` is the short form that deployments end with and that travels as JSON
between a build's process and the server.
"""

from typing import ClassVar


class CompileError(Exception):
    """A build that ends without an artifact; the text is written for the operator."""

    kind: ClassVar[str] = "build failed"


class InvalidModel(CompileError):
    """The bytes are no TFLite model, or one that contradicts itself."""

    kind = "invalid model"


class UnsupportedModel(CompileError):
    """A valid model that uses what this compiler does not serve."""

    kind = "unsupported model"


class UnknownHardware(CompileError):
    """No target can be told from what the device reported."""

    kind = "unknown hardware"


class InvalidBoard(CompileError):
    """A row of a board table that cannot be; names file, board and key."""

    kind = "invalid board"


class NoSlotMap(CompileError):
    """Nothing tells where in the device's memory the image is to live."""

    kind = "no slot map"


class NoBackend(CompileError):
    """No backend compiles for the core."""

    kind = "no backend"


class DoesNotFit(CompileError):
    """Linked sizes exceed what the device has; names the resource and the bytes missing.

    Where `at_least` is set, nothing was linked: more is needed than `needed`.
    """

    kind = "does not fit"

    def __init__(
        self,
        resource: str,
        needed: int,
        available: int,
        also: tuple[str, ...] = (),
        *,
        at_least: bool = False,
    ) -> None:
        self.resource = resource
        self.needed = needed
        self.available = available
        self.also = also  # whatever else does not fit, in words
        self.at_least = at_least
        super().__init__(resource, needed, available, also)

    @property
    def missing(self) -> int:
        """Bytes by which the need exceeds what is there."""
        return self.needed - self.available

    def __str__(self) -> str:
        first = (
            f"does not fit: {self.resource} needs {self.needed} B, the device has"
            f" {self.available} B, {self.missing} B missing"
        )
        return "; ".join((first, *self.also))


class ToolchainFailed(CompileError):
    """The compiler or the linker refused our own output."""

    kind = "toolchain failed"


class NoOracle(CompileError):
    """The reference interpreter is not to be had on this host."""

    kind = "no oracle"


class NoEmulator(CompileError):
    """Nothing here runs the core's code, so no build can be proven."""

    kind = "no emulator"


class VerificationFailed(CompileError):
    """Machine code and oracle disagree, or the code left its memory."""

    kind = "verification failed"
