"""Verification sees wrong numbers, code that leaves its memory, and tables that lie."""

import struct
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from compiler.abi import table_offset
from compiler.backends import BACKENDS, LinkJob
from compiler.emit.table import FILE_NAME, emit_table
from compiler.errors import VerificationFailed
from compiler.machine import Machine
from compiler.oracle import Oracle
from compiler.passes import optimise
from compiler.profile import Objective
from compiler.stack import stack_bound
from compiler.targets.core import cores
from compiler.targets.target import FirmwareMap, ImageKind, Slot, Target
from compiler.tflite import read
from compiler.translate import translate
from compiler.vectors import pack, random_vectors
from compiler.verify import Verification, verify

DIGITS = Path(__file__).parents[2] / "firmware_store" / "starter" / "digits" / "model.tflite"
SLOT = Slot(
    load=0xA8000,
    size=0x28000,
    arena=0x2001_0000,
    arena_size=0x20000,
    state=0x2003_0000,
    state_size=0x1000,
    stack_size=0x2000,
)
FIRMWARE = FirmwareMap(replace(SLOT, load=0x8000, size=0x50000), ram=0x2000_0000, ram_size=0x4000)
TARGETS = (
    Target("cortex-m0plus"),
    Target("cortex-m3"),
    Target("cortex-m4", ("dsp", "fpv4-sp")),
    Target("cortex-m7", ("dsp", "fpv5-sp")),
    Target("cortex-m33", ("dsp", "fpv5-sp")),
    Target("rv32imc"),
)
each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
M4 = TARGETS[2]


@cache
def digits() -> bytes:
    return DIGITS.read_bytes()


@cache
def sources(target: Target) -> dict[str, str]:
    graph = optimise(read(digits()))
    emitted = translate(graph, Machine())
    core = cores()[target.core]
    hard_float = core.passes_floats_in_registers(target.features)
    return emitted.files | {FILE_NAME: emit_table(emitted, hard_float=hard_float)}


def link(target: Target, kind: ImageKind, folder: Path, files: dict[str, str]) -> bytes:
    place = FIRMWARE if kind is ImageKind.FIRMWARE else SLOT
    job = LinkJob(files, target, Objective.FLASH, kind, place)
    linked = BACKENDS["native"].link(job, folder)
    bound = stack_bound(linked.elf, ("tml_init", "tml_run"), target.core)
    at = table_offset(kind) + 20
    return linked.binary[:at] + struct.pack("<I", bound) + linked.binary[at + 4 :]


def check(
    binary: bytes, target: Target = M4, kind: ImageKind = ImageKind.MODULE, count: int = 6
) -> Verification:
    place = FIRMWARE if kind is ImageKind.FIRMWARE else SLOT
    said: list[str] = []
    found = verify(
        binary,
        place,
        target,
        kind=kind,
        model=digits(),
        count=count,
        progress=said.append,
        limit=20_000_000,
    )
    assert said
    return found


@pytest.mark.slow  # test_build proves each core by the whole pipeline
@each_target
@pytest.mark.parametrize("kind", ImageKind)
def test_the_starter_model_is_bit_exact(target: Target, kind: ImageKind, tmp_path: Path) -> None:
    found = check(link(target, kind, tmp_path, sources(target)), target, kind)
    oracle = Oracle(digits())
    assert (found.mismatches, found.first_mismatch, found.vectors) == (0, None, 6)
    assert found.elements == 6 * sum(tensor.elements for tensor in oracle.outputs)
    assert found.measured is not None
    assert 0 < found.measured.stack_peak <= found.stack_bound
    assert found.instructions == found.measured.instructions > 1000
    assert (found.measured.boot_instructions is not None) == (kind is ImageKind.FIRMWARE)
    vectors = random_vectors(oracle.inputs, 6)
    assert found.pairs == tuple((pack(v), pack(oracle.run(v))) for v in vectors)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return link(M4, ImageKind.MODULE, tmp_path_factory.mktemp("good"), sources(M4))


WRONGS = {
    "bytes[OUTPUT + 3] ^= 1;": "",
    "return 5;": "run: returned 5",
    'for (;;) __asm__ volatile("");': "watchdog",
    "__builtin_trap();": "run: instruction fault",
    "*(volatile int *)0 = 1;": "run: write fault at 0x00000000",
    "bytes[-1] = 1;": "run: write fault at 0x2000ffff",
    "(void)bytes[ARENA];": "run: read fault",
    "*(volatile char *)state = 1;": "run: write fault at 0x20030000",
    "*(volatile char *)(__UINTPTR_TYPE__)tml_run = 1;": "run: write fault at 0x000a",
}
NO_WRONG = 0x5EED_F00D
WRAPPED = """
int tml_run(void *arena, void *state);
int real_run(void *arena, void *state);
extern const volatile unsigned wrong;
const volatile unsigned wrong = NO_WRONG;
int tml_run(void *arena, void *state)
{
    volatile unsigned char *bytes = arena;
    (void)bytes;
    int result = real_run(arena, state);
    switch (wrong) {
    CASES
    default: break;
    }
    return result;
}
"""


@pytest.fixture(scope="module")
def wrapped(good: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model with a choice of wrongs after each run; none is chosen yet."""
    output, arena_size = table_of(good)
    files = dict(sources(M4))
    files["model.c"] = files["model.c"].replace("int tml_run(", "int real_run(")
    files["model.h"] = files["model.h"].replace("int tml_run(", "int real_run(")
    cases = "\n".join(f"case {number}: {body} break;" for number, body in enumerate(WRONGS))
    files["wrapped.c"] = (
        WRAPPED.replace("CASES", cases)
        .replace("NO_WRONG", hex(NO_WRONG))
        .replace("OUTPUT", str(output))
        .replace("ARENA", str(arena_size))
    )
    return link(M4, ImageKind.MODULE, tmp_path_factory.mktemp("wrapped"), files)


def choose(wrong: str, wrapped: bytes) -> bytes:
    """Have the wrapped model do one of `WRONGS`."""
    unset = struct.pack("<I", NO_WRONG)
    assert wrapped.count(unset) == 1
    return wrapped.replace(unset, struct.pack("<I", list(WRONGS).index(wrong)))


def table_of(binary: bytes) -> tuple[int, int]:
    """Return offset of the first output, and the size of the arena."""
    inputs = struct.unpack_from("<H", binary, 8)[0]
    return (
        struct.unpack_from("<I", binary, 32 + 8 * inputs)[0],
        struct.unpack_from("<I", binary, 12)[0],
    )


@pytest.mark.slow
def test_the_wrapping_alone_is_no_fault(wrapped: bytes) -> None:
    assert check(wrapped).mismatches == 0


def test_one_wrong_bit_is_one_mismatch_per_vector(wrapped: bytes) -> None:
    found = check(choose("bytes[OUTPUT + 3] ^= 1;", wrapped))
    assert found.mismatches == 6
    assert found.first_mismatch is not None
    first = found.first_mismatch
    assert (first.vector, first.tensor, first.element) == (0, 0, 3)
    assert abs(first.expected - first.got) == 1
    assert "vector 0, output 0, element 3: expected" in str(first)


@pytest.mark.parametrize("wrong", [wrong for wrong, why in WRONGS.items() if why])
def test_what_leaves_its_memory_fails(wrong: str, wrapped: bytes) -> None:
    with pytest.raises(VerificationFailed, match=WRONGS[wrong]):
        check(choose(wrong, wrapped))


@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [
        (0, 0, "magic"),
        (4, 2, "ABI 2"),
        (6, 2, "unknown flags"),
        (8, 0, "0 inputs"),
        (8, 9, "tensor|9 inputs"),
        (12, 8, "the arena has 0x8"),
        (12, 0x20010, "the arena needs"),
        (16, 0x1001, "the state needs"),
        (20, 0x2001, "the stack needs"),
        (20, 8, "used .* of stack, its bound is 8"),
        (24, 0x100001, "init at 0x100001"),
        (28, 0xA8040, "run at 0xa8040"),
    ],
)
def test_a_table_that_lies_is_refused(offset: int, value: int, why: str, good: bytes) -> None:
    width = "<H" if offset in {4, 6, 8, 10} else "<I"
    binary = bytearray(good)
    struct.pack_into(width, binary, offset, value)
    with pytest.raises(VerificationFailed, match=why):
        check(bytes(binary))


@pytest.mark.parametrize("size", [0, 31, 40])
def test_a_truncated_table_is_refused(size: int, good: bytes) -> None:
    with pytest.raises(VerificationFailed, match="module table"):
        check(good[:size])


def test_an_image_larger_than_its_slot_is_refused(good: bytes) -> None:
    with pytest.raises(VerificationFailed, match="the image needs"):
        check(good + bytes(SLOT.size))


def test_code_of_another_core_is_refused(good: bytes) -> None:
    with pytest.raises(VerificationFailed, match="init at"):
        check(good, Target("rv32imc"))


def test_the_host_is_verified_too(tmp_path: Path) -> None:
    target = Target("host")
    graph = optimise(read(digits()))
    emitted = translate(graph, Machine())
    files = emitted.files | {FILE_NAME: emit_table(emitted, hard_float=False, host=True)}
    job = LinkJob(files, target, Objective.FLASH, ImageKind.MODULE, SLOT)
    BACKENDS["native"].link(job, tmp_path)
    found = verify(
        tmp_path / "image.so",
        None,
        target,
        kind=ImageKind.MODULE,
        model=digits(),
        count=6,
        progress=lambda text: None,
    )
    assert (found.mismatches, found.instructions, found.measured) == (0, None, None)


def test_a_missing_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerificationFailed, match="shared library"):
        verify(
            tmp_path / "image.so",
            None,
            Target("host"),
            kind=ImageKind.MODULE,
            model=digits(),
            count=3,
            progress=lambda text: None,
        )
