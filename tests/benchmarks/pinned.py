"""Processes on a core of their own, and what they have used."""

import contextlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

SERVER_CORE, LOAD_CORE = 0, 1


def cores() -> tuple[int, int]:
    """Return the core for the server and that for the load; the same where there is but one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[SERVER_CORE], allowed[min(LOAD_CORE, len(allowed) - 1)]


class Process:
    """A program that is told lines and answers with lines of JSON; its stderr goes to `log`."""

    def __init__(
        self, command: Sequence[str], core: int, log: IO[str] | None = None, **environment: str
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | environment,
        )
        # Before it has threads, which take over what it has.
        os.sched_setaffinity(self._process.pid, {core})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def line(self) -> str:
        """Return the next line; raises `RuntimeError` where the program has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended: {self._process.wait()}")
        return line.strip()

    def told(self) -> dict[str, Any]:
        """Return the next line of JSON."""
        told: dict[str, Any] = json.loads(self.line())
        return told

    def tell(self, line: str = "") -> None:
        """Write a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def ask(self, **what: object) -> dict[str, Any]:
        """Tell a command, and return its answer."""
        self.tell(json.dumps(what))
        return self.told()

    def last_words(self) -> dict[str, Any]:
        """Close its stdin, and return what it says then."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.told()

    @property
    def cpu(self) -> float:
        """Seconds that its threads have run, user and system; those that have ended left out."""
        ran = 0
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            # In nanoseconds, where `stat` counts hundredths of a second (proc(5)).
            with contextlib.suppress(OSError):
                ran += int((thread / "schedstat").read_text().split()[0])
        return ran / 1e9

    @property
    def resident(self) -> int:
        """Bytes of memory that it holds now."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
