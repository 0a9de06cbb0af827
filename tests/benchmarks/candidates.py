"""Whom the load is put on: the server under test, and what it is compared with."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from .build import program
from .pinned import Process, cores

LIBCOAP = ("coap-3-notls",)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server by name; `pace` is about how many requests it answers in a second of CPU."""

    name: str
    pace: int
    arguments: tuple[str, ...] = ()


OURS = Candidate("ours", 5_000)
OURS_WITHOUT_STORAGE = Candidate("ours, no storage", 8_000, ("--no-storage",))
LIBCOAP_SERVER = Candidate("libcoap", 15_000)
AIOCOAP_SITE = Candidate("aiocoap Site", 1_800)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up; `secured` is its port for DTLS, 0 where it has none."""

    process: Process
    port: int
    secured: int = 0


def references(*wanted: Candidate) -> list[Candidate]:
    """Return those of `wanted` that can run here, and say on stderr which cannot."""
    found = list(wanted)
    try:
        program("libcoap_server", LIBCOAP)
    except RuntimeError as fault:
        found.remove(LIBCOAP_SERVER)
        print(f"no libcoap to compare with: {fault}", file=sys.stderr)  # noqa: T201 -- a tool
    return found


@contextmanager
def running(
    candidate: Candidate,
    pulled: int = 1024,
    log: IO[str] | None = None,
    **environment: str,
) -> Iterator[Server]:
    """Run a candidate on its core; `pulled` bytes are what the references serve as `/p/x`."""
    with (
        tempfile.TemporaryDirectory() as data,
        Process(_command(candidate, data, pulled), cores()[0], log, **environment) as process,
    ):
        yield Server(process, **process.told())


def _command(candidate: Candidate, data: str, pulled: int) -> list[str]:
    if candidate is LIBCOAP_SERVER:
        return [str(program("libcoap_server", LIBCOAP)), str(pulled)]
    module = "stock" if candidate is AIOCOAP_SITE else "server"
    arguments = [str(pulled)] if candidate is AIOCOAP_SITE else [data, *candidate.arguments]
    return [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]


def load(name: str, server: Server, **options: object) -> Process:
    """Start a load generator against a server, on the other core."""
    told = [part for key, value in options.items() for part in (f"--{key}", str(value))]
    return Process([str(program(name)), "--port", str(server.port), *told], cores()[1])
