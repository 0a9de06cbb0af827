"""Whatever is added becomes durable, in as few writes as there are reasons to wait."""

import asyncio
from collections.abc import Mapping

import pytest

from lwm2m_server.service.group_commit import GroupCommit


class Disk:
    """Writes as soon as it may, and fails where it is told to."""

    def __init__(self) -> None:
        self.writes: list[dict[str, int | None]] = []
        self.failing = False
        self.may = asyncio.Event()
        self.may.set()
        self.commit: GroupCommit[str, int] = GroupCommit(self._write)

    async def _write(self, changes: Mapping[str, int | None]) -> None:
        self.writes.append(dict(changes))
        await self.may.wait()
        if self.failing:
            raise OSError("no space")


async def test_what_is_added_in_one_turn_is_written_together() -> None:
    disk = Disk()
    first, second = disk.commit.put("a", 1), disk.commit.put("b", None)
    await asyncio.shield(second)
    assert first.done()
    assert disk.writes == [{"a": 1, "b": None}]


async def test_what_comes_during_a_write_goes_with_the_next() -> None:
    disk = Disk()
    disk.may.clear()
    first = disk.commit.put("a", 1)
    await asyncio.sleep(0)
    assert disk.writes == [{"a": 1}]
    for value in (2, 3):
        disk.commit.put("a", value)
        await asyncio.sleep(0)
    assert not first.done()
    disk.may.set()
    await disk.commit.drain()
    assert disk.writes == [{"a": 1}, {"a": 3}]


async def test_what_was_not_written_goes_with_the_next_unless_changed_since() -> None:
    disk = Disk()
    disk.failing = True
    with pytest.raises(OSError, match="no space"):
        await disk.commit.add({"a": 1, "b": 1})
    disk.failing = False
    await disk.commit.put("b", 2)
    assert disk.writes[-1] == {"a": 1, "b": 2}
