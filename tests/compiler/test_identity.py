"""What the compiler says it is."""

import hashlib
from pathlib import Path

import compiler
from compiler.identity import digest_of, packages, sources_sha256
from device_sim import mcu


def test_the_hash_is_that_of_what_compiles_and_of_what_proves() -> None:
    roots = Path(compiler.__file__).parent, Path(mcu.__file__).parent
    assert (roots[1] / "bounds.c").exists()
    both = "".join(map(digest_of, roots))
    assert sources_sha256() == hashlib.sha256(both.encode()).hexdigest()


def test_a_change_of_what_decides_artifacts_changes_the_hash(tmp_path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "targets").mkdir()
    (tmp_path / "convert").mkdir()
    files = {"build.py": "a", "kernels/k.c": "b", "kernels/k.h": "c", "targets/cores.toml": "d"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    seen = {digest_of(tmp_path)}
    for name in files:
        (tmp_path / name).write_text("changed")
        seen.add(digest_of(tmp_path))
    (tmp_path / "build.py").rename(tmp_path / "built.py")
    seen.add(digest_of(tmp_path))
    assert len(seen) == len(files) + 2


def test_tables_of_boards_and_what_runs_apart_change_nothing(tmp_path) -> None:
    (tmp_path / "build.py").write_text("a")
    before = digest_of(tmp_path)
    (tmp_path / "convert").mkdir()
    (tmp_path / "convert" / "digits.py").write_text("x")
    (tmp_path / "boards.toml").write_text("x")
    assert digest_of(tmp_path) == before


def test_packages_are_told_with_versions() -> None:
    assert [package.split()[0] for package in packages()] == [
        "tflite",
        "tflite-micro",
        "numpy",
        "capstone",
        "unicorn",
    ]
