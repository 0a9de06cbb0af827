"""Law: an exported library computes what the interpreter computes, wherever it is linked."""

import ctypes
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tflite_micro import runtime

from compiler.errors import CompileError
from compiler.export import FORMATS, Format, Library, library, package
from compiler.machine import Machine
from compiler.passes import optimise
from compiler.tflite import read
from compiler.translate import translate

DIGITS = (files("firmware_store") / "starter" / "digits" / "model.tflite").read_bytes()
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")


def exported(name: str = "digits") -> Library:
    graph = optimise(read(DIGITS))
    return library(graph, translate(graph, Machine()), name, "host")


def written(folder: Path, files_: dict[str, str]) -> Path:
    for path, text in files_.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def run(*arguments: str, folder: Path) -> None:
    command = [sys.executable, "-m", "ziglang", "cc", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def sources(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in (folder / "src").glob("*.c"))


@pytest.mark.slow
def test_two_libraries_live_in_one_program_and_compute_the_same(tmp_path: Path) -> None:
    built = []
    for name in ("one", "other"):
        folder = written(tmp_path / name, package(exported(name), Format.C))
        built += [f"{name}/{source}" for source in sources(folder)]
    flags = ("-Ione/include", "-Iother/include", "-shared", "-fPIC")
    # One source at a time: the names of kernels' files are the same in both.
    objects = []
    for number, source in enumerate(built):
        objects.append(f"{number}.o")
        run(*STRICT, *flags[:2], "-fPIC", "-c", source, "-o", objects[-1], folder=tmp_path)
    run(*flags[2:], *objects, "-o", "both.so", folder=tmp_path)
    both = ctypes.CDLL(str(tmp_path / "both.so"))
    interpreter = runtime.Interpreter.from_bytes(DIGITS)
    header = exported().header
    size = int(re.search(r"#define DIGITS_ARENA_SIZE (\d+)", header)[1])
    places = [int(at) for at in re.findall(r"\(int8_t \*\)arena \+ (\d+)", header)]
    random = np.random.default_rng(3)
    shape = interpreter.get_input_details(0)["shape"]
    for _ in range(5):
        image = random.integers(-128, 128, shape, np.int8)
        interpreter.set_input(image, 0)
        interpreter.invoke()
        expected = interpreter.get_output(0).tobytes()
        for name in ("one", "other"):
            memory = ctypes.create_string_buffer(size + 16)
            arena = -(-ctypes.addressof(memory) // 16) * 16
            ctypes.memmove(arena + places[0], image.tobytes(), image.size)
            assert getattr(both, f"{name}_init")(None) == 0
            assert getattr(both, f"{name}_run")(ctypes.c_void_p(arena), None) == 0
            assert ctypes.string_at(arena + places[1], len(expected)) == expected


@pytest.mark.parametrize("compiler", ["c", "c++"])
def test_the_header_serves_c_and_cpp(compiler: str, tmp_path: Path) -> None:
    folder = written(tmp_path, exported().files())
    (folder / "user.c").write_text(
        '#include "digits.h"\nint use(void *a);\n'
        "int use(void *a) { return digits_run(a, 0) + *digits_output_0(a) + DIGITS_INPUTS; }\n"
    )
    language = "-std=c11" if compiler == "c" else "-std=c++17"
    run(
        "-x",
        compiler,
        language,
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Iinclude",
        "-c",
        "user.c",
        "-o",
        "user.o",
        folder=folder,
    )


@pytest.mark.slow
def test_the_example_links_for_a_microcontroller(tmp_path: Path) -> None:
    folder = written(tmp_path, exported().files())
    flags = ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m0plus", "-Os", "-ffreestanding")
    for source in sources(folder):
        run(*flags, *STRICT, "-Iinclude", "-c", source, "-o", "x.o", folder=folder)
    run("-std=c11", "-Iinclude", "examples/main.c", *sources(folder), "-o", "a", folder=folder)
    assert subprocess.run([folder / "a"], check=False).returncode == 0


def test_no_symbol_is_shared_and_no_memory_owned() -> None:
    for name, text in exported("abc").files().items():
        assert not re.search(r"\b(tml|TML)_", text), name
        for line in text.splitlines():
            if line.startswith("static") and "=" in line and not name.startswith("examples"):
                assert "const" in line, line


@pytest.mark.parametrize("wanted", FORMATS)
def test_a_package_names_every_source(wanted: Format) -> None:
    made = exported()
    files_ = package(made, wanted)
    compiled = {path for path in files_ if path.startswith("src/") and path.endswith(".c")}
    assert {path.removeprefix("src/") for path in compiled} == set(made.compiled)
    build = files_.get("CMakeLists.txt") or files_.get("zephyr/CMakeLists.txt")
    if build is not None:
        assert set(re.findall(r"src/(\w+\.c)", build)) == set(made.compiled)


@pytest.mark.parametrize("name", ["", "int", "tml", "Digits", "1st", "a-b", "x" * 49])
def test_what_is_no_c_name_is_refused(name: str) -> None:
    with pytest.raises(CompileError, match="cannot begin the names"):
        exported(name)


def test_equal_models_give_equal_packages() -> None:
    assert package(exported(), Format.ZEPHYR) == package(exported(), Format.ZEPHYR)
