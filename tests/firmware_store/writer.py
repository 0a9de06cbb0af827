"""A process that writes to a store and is killed on the way; run by test_kill.py.

`python writer.py` reads one JSON line per attempt, `{"root", "work", "step"}`,
forks a child that does the work and sends itself SIGKILL right before step number
`step`, and answers `killed` or `done`.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_store import Artifact, ImageKind, ImageMeta, ImageSlot, ImageVersion, SigningKey
from firmware_store.artifacts import Artifacts
from firmware_store.disk import Disk
from firmware_store.firmware import FirmwareRoom
from firmware_store.keys import Keys
from firmware_store.zoo import Zoo

KEY = "ab" * 32
OLD, NEW = b"old model", b"new model"
SIGNING_KEY = SigningKey("test", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
META = ImageMeta(
    kind=ImageKind.MODULE,
    version=ImageVersion(1, 2, 3),
    target="host",
    model_name="digits",
    model_sha256=bytes(32),
    slot=ImageSlot(0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000),
)


def artifact() -> Artifact:
    return Artifact(KEY, b"binary", {"a": 1}, {"model.c": "x"}, ((b"i", b"o"),), "cd" * 32, "host")


def put_artifact(disk: Disk) -> None:
    Artifacts(disk).put(artifact())


def add_old_model(disk: Disk) -> None:
    Zoo(disk).add("digits", OLD)


def add_model(disk: Disk) -> None:
    Zoo(disk).add("digits", NEW, accuracy=0.5, vectors=((b"i", b"o"),), replace=True)


def add_firmware(disk: Disk) -> None:
    FirmwareRoom(disk).add(b"opaque", name="thing", version="1.0", board="sim-m4", reports="1.0")


def sign_artifact(disk: Disk) -> None:
    Artifacts(disk).signed(KEY, SIGNING_KEY, META)


def new_key(disk: Disk) -> None:
    Keys(disk).ensure()


WORK: dict[str, Callable[[Disk], None]] = {
    "artifact": put_artifact,
    "image": sign_artifact,
    "model": add_model,
    "firmware": add_firmware,
    "key": new_key,
}


def attempt(root: Path, work: str, step: int) -> str:
    child = os.fork()
    if child == 0:
        left = step

        def count(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        WORK[work](Disk(root, count))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return "killed"
    return "done" if status == 0 else f"failed with {status}"


if __name__ == "__main__":
    for line in sys.stdin:
        job = json.loads(line)
        sys.stdout.write(attempt(Path(job["root"]), job["work"], job["step"]) + "\n")
        sys.stdout.flush()
