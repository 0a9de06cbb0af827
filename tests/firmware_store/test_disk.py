"""Folders and files appear whole or not at all."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from firmware_store.disk import Disk

FILES = {"a.txt": b"a", "deep/er/b.txt": b"b"}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def put_folder(disk: Disk) -> None:
    disk.put_folder("room/entry", FILES)


def put_file(disk: Disk) -> None:
    disk.put_file("room/entry/a.txt", b"a")


def test_a_folder_stays_as_it_was_put(disk: Disk) -> None:
    assert disk.put_folder("room/entry", FILES)
    assert not disk.put_folder("room/entry", {"a.txt": b"other"})
    assert contents(disk.root) == {f"room/entry/{name}": data for name, data in FILES.items()}
    assert disk.names("room") == ("entry",)


def test_a_file_is_replaced_only_on_purpose(disk: Disk) -> None:
    assert disk.put_file("room/file", b"one")
    assert not disk.put_file("room/file", b"two")
    assert disk.read("room/file") == b"one"
    assert disk.put_file("room/file", b"three", replace=True)
    assert disk.read("room/file") == b"three"
    assert contents(disk.root) == {"room/file": b"three"}


def test_what_is_not_there(disk: Disk) -> None:
    disk.sweep()
    assert disk.read("room/file") is None
    assert disk.names("room") == ()
    assert not disk.root.exists()


@pytest.mark.parametrize("put", [put_folder, put_file])
def test_a_failing_step_changes_nothing(put: Callable[[Disk], None], tmp_path: Path) -> None:
    for failing in count(1):
        steps: list[str] = []

        def fail(word: str, steps: list[str] = steps, failing: int = failing) -> None:
            steps.append(word)
            if len(steps) == failing:
                raise OSError(28, "No space left on device")

        root = tmp_path / str(failing)
        try:
            put(Disk(root, fail))
        except OSError:
            stored = contents(root / "room")
            assert stored in (
                {},
                {f"entry/{name}": data for name, data in FILES.items()},
                {"entry/a.txt": b"a"},
            )
            Disk(root).sweep()
            assert Disk(root).names("tmp") == ()
            put(Disk(root))
        assert contents(root / "room")
        if len(steps) < failing:
            break
    assert failing > 8


@pytest.mark.parametrize("put", [put_folder, put_file])
def test_bytes_are_on_the_disk_before_their_name_is(
    put: Callable[[Disk], None], disk: Disk
) -> None:
    steps: list[str] = []
    put(Disk(disk.root, steps.append))
    appear = steps.index("rename" if "rename" in steps else "link")
    writes = [index for index, step in enumerate(steps) if step == "write"]
    forced = [index for index, step in enumerate(steps) if step == "fsync file"]
    assert len(writes) == len(forced)
    assert all(write < force < appear for write, force in zip(writes, forced, strict=True))
    assert steps[appear - 1] == "fsync folder"
    assert steps[appear + 1 :] == ["fsync folder", "clean"]


def test_a_sweep_leaves_living_writers_alone(disk: Disk) -> None:
    sweeper = Disk(disk.root)
    put_folder(Disk(disk.root, lambda _: sweeper.sweep()))
    assert contents(disk.root / "room/entry") == FILES


def test_a_sweep_leaves_what_is_no_workspace(disk: Disk) -> None:
    disk.put_file("tmp/note", b"left by a person")
    disk.sweep()
    assert disk.read("tmp/note") == b"left by a person"


def test_a_folder_is_discarded_whole(disk: Disk) -> None:
    put_folder(disk)
    disk.discard("room/entry")
    disk.discard("room/entry")
    assert contents(disk.root) == {}
    assert disk.put_folder("room/entry", FILES)


def test_many_writers_of_one_name(disk: Disk) -> None:
    start = threading.Barrier(8)

    def write(number: int) -> tuple[bool, bool]:
        start.wait()
        if number % 4 == 0:
            disk.sweep()
        mine = str(number).encode()
        folder = disk.put_folder("room/entry", {"a": mine, "b": mine})
        return folder, disk.put_file("room/file", mine)

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, range(8)))
    assert [sum(column) for column in zip(*won, strict=True)] == [1, 1]
    winner = disk.read("room/entry/a")
    assert winner == disk.read("room/entry/b") is not None
    assert disk.names("tmp") == ()


def test_modes(disk: Disk) -> None:
    disk.put_file("secret", b"", mode=0o600)
    assert (disk.root / "secret").stat().st_mode & 0o777 == 0o600
