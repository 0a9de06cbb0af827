"""The house itself: names that resolve to it, rooms of readable size."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("objects", "compiler", "firmware_store", "device_sim", "lwm2m_server")
LONGEST_FILE = 400


@pytest.mark.parametrize("name", PACKAGES)
def test_generic_names_resolve_to_this_project(name: str, tmp_path: Path) -> None:
    # In another folder and without the current one on the path, as installed code
    # runs: an editable install comes after site-packages, where an intruder would win.
    found = subprocess.run(
        [sys.executable, "-P", "-c", f"import {name}; print({name}.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).parent == ROOT / name


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_ships_its_types(name: str) -> None:
    assert (ROOT / name / "py.typed").is_file()


def test_the_wheel_holds_the_five_packages_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(
        PACKAGES
    )
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_files_stay_readable() -> None:
    files = [file for name in PACKAGES for file in (ROOT / name).rglob("*.py")]
    assert files
    long = {
        str(file.relative_to(ROOT)): lines
        for file in files
        if (lines := len(file.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long
    assert not [file for file in files if file.name == "utils.py"]
