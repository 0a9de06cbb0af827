"""What is built is what works: the wheel, installed elsewhere, plays the demo to its end."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"objects", "compiler", "firmware_store", "device_sim", "lwm2m_server"}


def run(*command: str | Path, cwd: Path, timeout: float = 300) -> str:
    """Return what the command prints; away from the clone and from all that points to it."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_all_data_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == PACKAGES
    files = {file for name in PACKAGES for file in (ROOT / name).rglob("*") if file.is_file()}
    sources = {file for file in files if "__pycache__" not in file.parts}
    assert {file.suffix for file in sources} >= {".toml", ".xml", ".c", ".tflite", ".typed"}
    assert names == {str(file.relative_to(ROOT)) for file in sources}


@pytest.mark.slow
def test_an_installed_wheel_plays_the_demo(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / "bin"
    run(binaries / "python", "-m", "pip", "install", "-q", wheel, cwd=tmp_path)
    where = "import compiler; print(compiler.__file__)"
    assert str(tmp_path) in run(binaries / "python", "-P", "-c", where, cwd=tmp_path)
    document = json.loads(run(binaries / "tinymlaas", "demo", "--once", "--json", cwd=tmp_path))
    assert document["ok"]
