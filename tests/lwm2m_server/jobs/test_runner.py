"""Builds as subprocesses: what goes in and out, and that nothing outlives its time."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from compiler.build import BuildSpec
from compiler.errors import CompileError, DoesNotFit
from compiler.job import summary_to_json
from compiler.profile import CompileProfile
from compiler.summary import ModelSummary
from compiler.targets.target import ImageKind, Slot, Target
from lwm2m_server.jobs.runner import Bounds, SubprocessRunner

SPEC = BuildSpec(
    model=b"model",
    profile=CompileProfile(Target("cortex-m4")),
    place=Slot(0x8000, 0x1000, 0x20000000, 0x100, 0x20000100, 0x10, 0x100),
    kind=ImageKind.MODULE,
    image_overhead=100,
)


def runner(tmp_path: Path, script: str, **options: object) -> SubprocessRunner:
    """A runner whose worker is a few lines of Python; `job` is the job it got."""
    preamble = "import json, os, sys, time, pathlib; job = json.load(sys.stdin)\n"
    worker = (sys.executable, "-c", preamble + script)
    return SubprocessRunner(tmp_path / "work", worker=worker, **options)


async def run(runner: SubprocessRunner) -> list[str]:
    words: list[str] = []
    await runner.run(SPEC, words.append)
    return words


GOOD = """
out = pathlib.Path(job["out"]); (out / "src").mkdir(parents=True)
(out / "binary.bin").write_bytes(pathlib.Path(job["model"]).read_bytes() * 2)
(out / "report.json").write_text("{}")
(out / "src" / "model.c").write_text("int x;")
import cbor2
(out / "vectors.cbor").write_bytes(cbor2.dumps({"inputs": [b"a"], "outputs": [b"b"]}))
print(json.dumps({"progress": "linking"}))
print(json.dumps({"ok": True, "key": "k", "model_sha256": "m", "target": "t"}))
"""


async def test_a_build_comes_back_whole_and_leaves_nothing(tmp_path: Path) -> None:
    words: list[str] = []
    built = await runner(tmp_path, GOOD).run(SPEC, words.append)
    assert built.binary == b"modelmodel"
    assert built.vectors == ((b"a", b"b"),)
    assert words == ["linking"]
    assert list((tmp_path / "work").iterdir()) == []


async def test_an_error_keeps_its_class_and_figures(tmp_path: Path) -> None:
    line = {
        "ok": False,
        "kind": "does not fit",
        "message": "",
        "details": {"resource": "RAM", "needed": 5, "available": 3, "also": [], "at_least": True},
    }
    with pytest.raises(DoesNotFit) as caught:
        await run(runner(tmp_path, f"print({json.dumps(json.dumps(line))})"))
    assert (caught.value.resource, caught.value.missing) == ("RAM", 2)
    assert caught.value.at_least


CHILDREN = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(json.dumps({"progress": f"{os.getpid()} {child.pid}"}), flush=True)
time.sleep(600)
"""


SUMMARY = ModelSummary(("int8[1,2]",), ("int8[1,3]",), {"FULLY_CONNECTED": 1}, 6, 18)
TOLD = json.dumps(summary_to_json(SUMMARY))


async def test_a_model_is_checked_apart_and_nothing_is_left(tmp_path: Path) -> None:
    script = f"""
assert job["task"] == "check" and pathlib.Path(job["model"]).read_bytes() == b"bytes"
print({TOLD!r})
"""
    assert await runner(tmp_path, script).check(b"bytes") == SUMMARY
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(3)", "the check's process failed with status 3"),
        ("print(json.dumps({'ok': True}))", "summary must be a JSON object"),
        ("print(json.dumps({'ok': False, 'kind': 'invalid model', 'message': 'cut'}))", "cut"),
    ],
)
async def test_a_check_gone_wrong_is_an_error(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(CompileError, match=words):
        await runner(tmp_path, script).check(b"bytes")
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_check_does_not_wait_for_builds(tmp_path: Path) -> None:
    script = f"""
if job["task"] == "check":
    print({TOLD!r}); sys.exit()
{CHILDREN}
"""
    told: asyncio.Queue[str] = asyncio.Queue()
    one_by_one = runner(tmp_path, script, side_by_side=1)
    build = asyncio.ensure_future(one_by_one.run(SPEC, told.put_nowait))
    await told.get()
    assert await one_by_one.check(b"bytes") == SUMMARY
    assert not build.done()
    build.cancel()
    with pytest.raises(asyncio.CancelledError):
        await build


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(3)", "status 3"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
        ("", "failed with status 0"),
        ("print('hello')", "no JSON object"),
        ("print('[' * 5000)", "no JSON object"),
        ("print('x' * 200000)", "line without end"),
        ('print(\'{"progress": ""}\\n\' * 20000)', "never stopped talking"),
        ("print(json.dumps({'ok': True, 'key': 'k'}))", "no whole artifact"),
        ("x = bytearray(1 << 30)", "status 1"),
        ("open('big', 'wb').write(bytes(1 << 20))", "status 1"),
    ],
)
async def test_a_worker_gone_wrong_is_an_error(tmp_path: Path, script: str, words: str) -> None:
    bounds = Bounds(memory=512 << 20, file_size=1 << 18)
    with pytest.raises(CompileError, match=words):
        await run(runner(tmp_path, script, bounds=bounds))
    assert list((tmp_path / "work").iterdir()) == []


async def test_an_artifact_beyond_bounds_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="more than 100 B"):
        await run(
            runner(
                tmp_path,
                GOOD + "(out / 'x').write_bytes(bytes(200))",
                bounds=Bounds(artifact_size=100),
            )
        )


def alive(pid: int) -> bool:
    """Whether the process runs; one that waits for its parent to notice does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


async def gone(pids: list[int]) -> None:
    async with asyncio.timeout(10):
        while any(alive(pid) for pid in pids):  # noqa: ASYNC110 -- the kernel tells nobody
            await asyncio.sleep(0.01)


async def test_a_cancelled_build_takes_its_children_along(tmp_path: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.ensure_future(runner(tmp_path, CHILDREN).run(SPEC, told.put_nowait))
    pids = [int(pid) for pid in (await told.get()).split()]
    assert all(alive(pid) for pid in pids)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(pids)


async def test_a_build_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    with pytest.raises(CompileError, match="more than 2 s"):
        await runner(tmp_path, CHILDREN, bounds=Bounds(seconds=2)).run(SPEC, told.put_nowait)
    await gone([int(pid) for pid in told.get_nowait().split()])


async def test_builds_take_turns(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f"""
log = open({str(log)!r}, "a", buffering=1)
log.write("begin\\n"); time.sleep(0.05); log.write("end\\n")
{GOOD}
"""
    one_by_one = runner(tmp_path, script, side_by_side=1)
    await asyncio.gather(run(one_by_one), run(one_by_one))
    assert log.read_text().split() == ["begin", "end"] * 2
