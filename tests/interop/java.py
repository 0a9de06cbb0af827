"""Foreign peers on the Java virtual machine: built once, driven by lines."""

import asyncio
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.toolchain import cache_folder

_PROJECT = Path(__file__).parent / "peers"
_VERSION = re.search(
    r"<artifactId>leshan-lwm2m-client</artifactId>\s*<version>(.+)</version>",
    (_PROJECT / "pom.xml").read_text(),
)
assert _VERSION is not None
LESHAN = f"Leshan {_VERSION[1]}"
"""What Leshan's client is called in tables of what was proven with it."""

_PACKAGE = "tinymlaas.peers"
_PATIENCE = 20.0
# Short-lived: what starts fast wins over what would run fast later.
_FLAGS = (
    *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"),
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
)


def built() -> Path:
    """Return the folder of the built peers; Maven runs where their sources have changed."""
    sources = sorted(path for path in _PROJECT.rglob("*") if path.is_file())
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = cache_folder("peers") / key
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        command = ("mvn", "-q", "-B", "-ntp", f"-Ddirectory={work}/built", "process-classes")
        subprocess.run(command, cwd=_PROJECT, check=True)
        # Another session may have been faster; both have built the same.
        if not folder.exists():
            (Path(work) / "built").rename(folder)
    return folder


def missing() -> list[str]:
    """Return which of the programs that are needed are not there."""
    return [name for name in ("java", "javac", "mvn") if shutil.which(name) is None]


@dataclass
class JavaPeer:
    """A peer that is running."""

    process: asyncio.subprocess.Process

    async def event(self, name: str) -> dict[str, Any]:
        """Return the next event of that name; what went wrong before it is an error."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_PATIENCE):
            while line := await self.process.stdout.readline():
                told: dict[str, Any] = json.loads(line)
                if told["event"] == name:
                    return told
                assert told["event"] not in ("failed", "fault"), told
        raise EOFError(f"the peer ended before it told {name}")

    def tell(self, *words: str) -> None:
        """Give a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words).encode() + b"\n")

    async def ask(self, command: str, *words: str, event: str) -> dict[str, Any]:
        """Give a command and return the event that it ends with."""
        self.tell(command, *words)
        return await self.event(event)


@asynccontextmanager
async def java_peer(folder: Path, program: str, **options: object) -> AsyncIterator[JavaPeer]:
    """Start a peer with `--option value` each; ready once entered, gone once left."""
    process = await asyncio.create_subprocess_exec(
        *("java", *_FLAGS, "-cp", f"{folder}/classes:{folder}/lib/*", f"{_PACKAGE}.{program}"),
        *(word for name, value in options.items() for word in (f"--{name}", str(value))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        peer = JavaPeer(process)
        await peer.event("ready")
        yield peer
        peer.tell("exit")
        async with asyncio.timeout(_PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
