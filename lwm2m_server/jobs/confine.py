"""Put limits on this process and become another program.

    python -P -m lwm2m_server.jobs.confine MEMORY FILE_SIZE PROCESSES CPU_SECONDS PROGRAM ...

A program of its own, because limits set between fork and exec of a process with
threads may deadlock. The limits hold for all children too.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def confine(memory: int, file_size: int, processes: int, cpu: int) -> None:
    """Set the limits: bytes of address space, bytes per file, processes, seconds of CPU."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        _, hardest = resource.getrlimit(kind)
        granted = wanted if hardest == resource.RLIM_INFINITY else min(wanted, hardest)
        resource.setrlimit(kind, (granted, granted))


def die_with_parent() -> None:
    """Have the kernel kill this process when the server is killed, so that no build outlives it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Limit, then exec; does not return."""
    memory, file_size, processes, cpu = (int(number) for number in arguments[:4])
    program = arguments[4:]
    die_with_parent()
    # numpy's BLAS would start a thread per core with each process; nothing of ours uses it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    confine(memory, file_size, processes, cpu)
    os.execv(program[0], program)  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
