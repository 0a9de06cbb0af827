"""The hook is compiled once per host and source, whoever asks first."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from device_sim.mcu.hook import cache_folder

LOAD = "from device_sim.mcu.hook import load; print(load()._name)"


def load(environment: dict[str, str], code: str = LOAD) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_processes_at_once_end_with_one_library_that_is_not_made_again(tmp_path: Path) -> None:
    environment = {"TINYMLAAS_CACHE": str(tmp_path)}
    # The compiler's own runtime, which takes the longest, is there already.
    runtime = cache_folder() / "zig"
    runtime.mkdir(parents=True, exist_ok=True)
    (tmp_path / "zig").symlink_to(runtime)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(load, [environment] * 2))
    assert [run.returncode for run in done] == [0, 0], done[0].stderr
    (library,) = {run.stdout.strip() for run in done}
    assert [path.name for path in (tmp_path / "host").iterdir()] == [Path(library).name]
    before = Path(library).stat().st_mtime_ns
    assert load(environment).stdout.strip() == library
    assert Path(library).stat().st_mtime_ns == before


def test_a_host_without_the_compiler_is_told_so(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['ziglang'] = None\n"
        "from device_sim.mcu import HookUnavailable\n"
        "from device_sim.mcu.hook import load\n"
        "try: load()\n"
        "except HookUnavailable as error: print(error)\n"
    )
    done = load({"TINYMLAAS_CACHE": str(tmp_path)}, code)
    assert "ziglang" in done.stdout, done.stderr


def test_the_cache_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYMLAAS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/tinymlaas")
    monkeypatch.setenv("TINYMLAAS_CACHE", "/told")
    assert cache_folder() == Path("/told")
