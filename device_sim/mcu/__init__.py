"""The emulated core and its memory map; imports nothing of ours."""

from .errors import FaultKind, HookUnavailable, McuError, McuFault, McuTimeout, UnknownCore
from .hook import load as load_hook
from .mcu import BootResult, CallResult, Mcu, Watch
from .region import CODE, DATA, Permission, Region

__all__ = [
    "CODE",
    "DATA",
    "BootResult",
    "CallResult",
    "FaultKind",
    "HookUnavailable",
    "Mcu",
    "McuError",
    "McuFault",
    "McuTimeout",
    "Permission",
    "Region",
    "UnknownCore",
    "Watch",
    "load_hook",
]
