"""The host as a target: the same C as a shared library."""

import ctypes
import struct

from compiler.targets import ImageKind, Target


def test_a_model_runs_on_the_host(link, tmp_path) -> None:
    link(Target("host"), ImageKind.MODULE)
    library = ctypes.CDLL(str(tmp_path / "work" / "image.so"))
    state = ctypes.create_string_buffer(b"\xff" * 16, 16)
    arena = (ctypes.c_float * 12)(0, 2.0, 3.0, 0.5)
    assert library.tml_init(state) == 0
    assert bytes(state) == bytes(16)
    assert library.tml_run(arena, state) == 0
    assert arena[0] == 6.5


def test_the_table_can_be_read_on_the_host(link, tmp_path) -> None:
    link(Target("host"), ImageKind.MODULE)
    library = ctypes.CDLL(str(tmp_path / "work" / "image.so"))
    table = bytes((ctypes.c_char * 56).in_dll(library, "tml_table"))
    words = struct.unpack("<4s4H5I6I", table)
    assert words == (b"TMLM", 1, 0, 1, 2, 48, 16, 0, 0, 0, 0, 16, 16, 4, 32, 8)
