"""Become an emulator that dies with who started it, and leaves no core dump.

    python -I -S launch.py PROGRAM ...

A program of its own, because code between fork and exec of a process with threads may
deadlock. "Who started it" is a thread: an emulator belongs to the thread that made it.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(program: list[str]) -> None:
    """Set what outlives an exec, then exec; does not return."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _, hardest = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hardest))
    os.execv(program[0], program)  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
