"""The law of the store: SIGKILL at any moment leaves all or nothing, and the next one heals it."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from firmware_store import Store
from firmware_store.artifacts import Artifacts
from firmware_store.disk import Disk
from firmware_store.errors import NotFound
from firmware_store.firmware import FirmwareRoom
from firmware_store.image import sign
from firmware_store.keys import Keys
from firmware_store.zoo import Zoo

from .writer import KEY, META, NEW, OLD, SIGNING_KEY, add_old_model, put_artifact

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).with_name("writer.py")

Look = Callable[[Disk], bool]
Kill = Callable[[Path, str, int], str]


def artifact_is_there(disk: Disk) -> bool:
    if KEY not in Artifacts(disk):
        return False
    found = Artifacts(disk).get(KEY)
    return (found.binary, found.sources, found.vectors) == (
        b"binary",
        {"model.c": "x"},
        ((b"i", b"o"),),
    )


def image_is_there(disk: Disk) -> bool:
    try:
        image = Artifacts(disk).image(KEY, SIGNING_KEY.key_hash, str(META.version), "digits")
    except NotFound:
        return False
    assert image == sign(b"binary", SIGNING_KEY, META)
    return True


def new_model_is_there(disk: Disk) -> bool:
    zoo = Zoo(disk)
    model = zoo.read("digits")
    assert model in (OLD, NEW)
    if model == NEW:
        assert zoo.get("digits").variant().accuracy == 0.5
        assert zoo.vectors("digits") == ((b"i", b"o"),)
    return model == NEW


def firmware_is_there(disk: Disk) -> bool:
    room = FirmwareRoom(disk)
    if not room.list():
        with pytest.raises(NotFound):
            room.get("thing", "1.0")
        return False
    assert room.get("thing", "1.0").reports == "1.0"
    return room.read("thing", "1.0") == b"opaque"


def key_is_there(disk: Disk) -> bool:
    if not Keys(disk).list():
        return False
    return Keys(disk).load().name == "default"


LOOKS = {
    "artifact": artifact_is_there,
    "image": image_is_there,
    "model": new_model_is_there,
    "firmware": firmware_is_there,
    "key": key_is_there,
}

# What there is before the work begins.
PREPARE: dict[str, Callable[[Disk], None]] = {
    "image": put_artifact,
    "model": add_old_model,
}


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Return a function that has a process do the work and be killed before the given step."""
    with subprocess.Popen(
        [sys.executable, str(WRITER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def attempt(root: Path, work: str, step: int) -> str:
            stdin.write(json.dumps({"root": str(root), "work": work, "step": step}) + "\n")
            stdin.flush()
            return stdout.readline().strip()

        yield attempt
        stdin.close()


@pytest.mark.parametrize("work", LOOKS)
def test_killed_at_every_step(work: str, kill: Kill, tmp_path: Path) -> None:
    is_there = LOOKS[work]
    seen = []
    for step in count(1):
        root = tmp_path / str(step)
        disk = Disk(root)
        PREPARE.get(work, lambda _: None)(disk)
        outcome = kill(root, work, step)
        seen.append(is_there(disk))  # raises where something half is there
        disk.sweep()
        assert disk.names("tmp") == ()
        assert is_there(disk) == seen[-1]
        assert kill(root, work, 0) == "done"  # whoever comes next is not hindered
        assert is_there(disk)
        if outcome == "done":
            break
        assert outcome == "killed"
    # It was stopped before and after the moment at which the whole thing appears.
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert {False, True} == set(seen)


@pytest.mark.parametrize("steps", [40, 53, 71, 89, 101, 220])
def test_killed_from_outside_while_it_writes(steps: int, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from firmware_store.disk import Disk\n"
        "from firmware_store.firmware import FirmwareRoom\n"
        "room = FirmwareRoom(Disk(Path(sys.argv[1]), lambda word: print(word, flush=True)))\n"
        "for number in range(10**6):\n"
        "    room.add(b'x' * 100_000, name='thing', version=str(number))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        for _ in range(steps):
            process.stdout.readline()
        process.kill()
    assert process.returncode == -signal.SIGKILL
    store = Store(tmp_path)
    stored = store.firmware.list()
    assert len(stored) >= steps // 40  # a put takes fewer steps than that
    for entry in stored:
        assert store.firmware.read(entry.name, entry.version) == b"x" * 100_000
    assert list((tmp_path / "tmp").iterdir()) == []
