"""What can end the run of code on an emulated core.

McuError
├── McuFault        the code did what its core or its memory does not allow
├── McuTimeout      the watchdog bit: the code used up its instructions
├── UnknownCore     no emulation for this core or these features
└── HookUnavailable the host cannot build the hook that bounds and counts
"""

from enum import StrEnum


class FaultKind(StrEnum):
    """What the code tried."""

    READ = "read"
    WRITE = "write"
    FETCH = "fetch"
    INSTRUCTION = "instruction"
    EXCEPTION = "exception"


class McuError(Exception):
    """A run that did not end as its caller wanted."""


class McuFault(McuError):
    """The code did what its core or its memory does not allow.

    `address` is what it tried to read, write or fetch (for `instruction` and
    `exception` the instruction itself); `pc` is the instruction, or the one behind it
    for an `exception` on RISC-V.
    """

    def __init__(self, kind: FaultKind, address: int, pc: int, detail: str = "") -> None:
        self.kind = kind
        self.address = address
        self.pc = pc
        self.detail = detail
        super().__init__(kind, address, pc, detail)

    def __str__(self) -> str:
        text = f"{self.kind} fault at {self.address:#010x}, pc {self.pc:#010x}"
        return f"{text}: {self.detail}" if self.detail else text


class McuTimeout(McuError):
    """The watchdog bit: the code used up its instructions."""

    def __init__(self, limit: int, pc: int) -> None:
        self.limit = limit
        self.pc = pc
        super().__init__(limit, pc)

    def __str__(self) -> str:
        return f"watchdog: more than {self.limit} instructions, pc {self.pc:#010x}"


class UnknownCore(McuError):
    """No emulation for this core or these features."""


class HookUnavailable(McuError):
    """The host cannot build the hook that bounds and counts."""
