"""What a libgcc may leave out, as C: memory by its bytes, integers and floats by their bits."""

import ctypes
import operator
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.toolchain import INCLUDE, STARTUP

from .host_code import compile_c

# By names of their own: the host's compiler makes calls of memcpy out of such loops.
RENAMED = "".join(
    f"#define {name} our_{name}\n" for name in ("memcpy", "memmove", "memset", "memcmp")
)
QUIETED = '#pragma clang diagnostic ignored "-Wunknown-pragmas"\n'

BUFFER = 64
sizes = st.integers(0, 20)
places = st.integers(0, BUFFER - 20)
contents = st.binary(min_size=BUFFER, max_size=BUFFER)
words = {bits: st.integers(0, 2**bits - 1) for bits in (32, 64)}
# Numbers of all sizes, near to each other more often than not.
floats = st.one_of(
    words[32],
    st.builds(lambda sign, exponent, low: sign << 31 | exponent << 23 | low, st.integers(0, 1),
              st.sampled_from([0, 1, 2, 100, 126, 127, 128, 149, 150, 151, 253, 254, 255]),
              st.sampled_from([0, 1, 2, 3, 0x3FFFFF, 0x400000, 0x7FFFFE, 0x7FFFFF])),
)  # fmt: skip


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return library(QUIETED + RENAMED, "memory.c", tmp_path_factory.mktemp("memory"))


@pytest.fixture(scope="module")
def rom(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return library("", "lx106_rom.c", tmp_path_factory.mktemp("rom"))


def library(before: str, name: str, folder: Path) -> ctypes.CDLL:
    # Not the host's <string.h>, which declares more.
    text = (STARTUP / name).read_text("utf-8").replace("<string.h>", '"string.h"')
    header = (INCLUDE / "string.h").read_text("utf-8")
    return compile_c({name: before + text, "string.h": header}, folder)


def buffer(content: bytes) -> tuple[int, Callable[[], bytes]]:
    """Return the address of aligned memory with `content`, and how to read it."""
    array = (ctypes.c_uint64 * (BUFFER // 8)).from_buffer_copy(content)
    return ctypes.addressof(array), lambda: bytes(array)


@given(contents, contents, places, places, sizes)
def test_memcpy_copies(memory, content, source, to, at, size) -> None:
    out, read = buffer(content)
    given, _keep = buffer(source)
    memory.our_memcpy(ctypes.c_void_p(out + to), ctypes.c_void_p(given + at), size)
    assert read() == content[:to] + source[at : at + size] + content[to + size :]


@given(contents, places, places, sizes)
def test_memmove_copies_what_overlaps(memory, content, to, at, size) -> None:
    out, read = buffer(content)
    memory.our_memmove(ctypes.c_void_p(out + to), ctypes.c_void_p(out + at), size)
    assert read() == content[:to] + content[at : at + size] + content[to + size :]


@given(contents, places, st.integers(-300, 300), sizes)
def test_memset_fills(memory, content, to, value, size) -> None:
    out, read = buffer(content)
    memory.our_memset(ctypes.c_void_p(out + to), value, size)
    assert read() == content[:to] + bytes([value & 0xFF]) * size + content[to + size :]


@given(contents, places, places, sizes)
def test_memcmp_compares(memory, content, one, other, size) -> None:
    out, _read = buffer(content)
    found = memory.our_memcmp(ctypes.c_void_p(out + one), ctypes.c_void_p(out + other), size)
    left, right = content[one : one + size], content[other : other + size]
    assert (found > 0) - (found < 0) == (left > right) - (left < right)


def quotient(a: int, b: int) -> int:
    return a // b if a * b >= 0 else -(-a // b)


INTEGERS = {
    "__umulsidi3": (ctypes.c_uint32, ctypes.c_uint64, operator.mul),
    "__muldi3": (ctypes.c_uint64, ctypes.c_uint64, operator.mul),
    "__udivsi3": (ctypes.c_uint32, ctypes.c_uint32, operator.floordiv),
    "__umodsi3": (ctypes.c_uint32, ctypes.c_uint32, operator.mod),
    "__divsi3": (ctypes.c_int32, ctypes.c_int32, quotient),
    "__udivdi3": (ctypes.c_uint64, ctypes.c_uint64, operator.floordiv),
    "__umoddi3": (ctypes.c_uint64, ctypes.c_uint64, operator.mod),
    "__divdi3": (ctypes.c_int64, ctypes.c_int64, quotient),
}


@pytest.mark.parametrize("name", INTEGERS)
@given(a=words[64], b=words[64], less=st.integers(0, 63))
@example(a=1 << 31, b=2**32 - 1, less=0)
@example(a=1 << 63, b=2**64 - 1, less=0)
@example(a=2**64 - 1, b=1, less=0)
def test_integers_are_those_of_arithmetic(rom, name, a, b, less) -> None:
    taken, given, law = INTEGERS[name]
    function = getattr(rom, name)
    function.argtypes, function.restype = (taken, taken), given
    one, other = taken(a).value, taken(b >> less).value
    if other == 0 and law is not operator.mul:
        return
    assert function(one, other) == given(law(one, other)).value


@pytest.mark.parametrize(
    ("name", "law"), [("__addsf3", np.add), ("__subsf3", np.subtract), ("__mulsf3", np.multiply)]
)
@given(a=floats, b=floats)
@example(a=0x00000001, b=0x71C00003)  # a subnormal times much
@example(a=0x00000001, b=0x80000001)
@example(a=0x3F800000, b=0x33800001)  # half an ulp and a bit
@example(a=0x3F800000, b=0xB3800000)
def test_floats_are_those_of_ieee_754(rom, name, law, a, b) -> None:
    function = getattr(rom, name)
    function.argtypes, function.restype = (ctypes.c_float,) * 2, ctypes.c_float
    one, other = (np.frombuffer(struct.pack("<I", bits), np.float32)[0] for bits in (a, b))
    with np.errstate(all="ignore"):
        expected = law(one, other)
    found = np.float32(function(one, other))
    if np.isnan(expected):
        assert np.isnan(found)
    else:
        assert found.tobytes() == expected.tobytes()


@given(words[32])
@example(0x80000000)
@example(0xFFFFFF80)
@example(0x01000001)
def test_integers_become_the_nearest_floats(rom, bits) -> None:
    for name, taken in (("__floatunsisf", ctypes.c_uint32), ("__floatsisf", ctypes.c_int32)):
        function = getattr(rom, name)
        function.argtypes, function.restype = (taken,), ctypes.c_float
        value = taken(bits).value
        assert function(value) == np.float32(value)
