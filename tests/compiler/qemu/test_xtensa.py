"""Xtensa in QEMU: exact counts, faults by name, bounds that hold, and bit-exact models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compiler.build import BuildSpec, build
from compiler.errors import VerificationFailed
from compiler.graph import ElementType, OperatorCode
from compiler.profile import Objective, choose_profile
from compiler.qemu.harness import Stopped
from compiler.stack import stack_bound
from compiler.targets import ImageKind, Slot, Target, default_slot
from tests import gcc

from ...peers import installed
from ..model_builder import OperatorSpec, TensorSpec, build_model, schema
from ..test_stack import PROGRAMS, together
from .lx106 import CODE, RAM, Lx106

pytestmark = pytest.mark.interop

LX106 = Target("xtensa-lx106")
LOOP = bytes.fromhex("22c2ff 5692ff 800000")  # addi a2, a2, -1; bnez a2, loop; ret
# As an ESP8266 has its flash and its RAM, which the machine has as well.
ESP8266 = Slot(0x4021_0000, 0x20000, 0x3FFE_8000, 0x8000, 0x3FFF_0000, 0x400, 0x1000)


@pytest.fixture(scope="module")
def lx106() -> Lx106:
    return Lx106()


@pytest.mark.parametrize("rounds", [1, 2, 3, 7, 1000, 99_999, 10_000_000])
def test_a_loop_of_known_length(lx106: Lx106, rounds: int) -> None:
    lx106.load(LOOP)
    assert lx106.call(CODE, rounds) == (0, 2 * rounds + 1)


def test_equal_runs_count_equally(lx106: Lx106) -> None:
    lx106.load(LOOP)
    assert len({lx106.call(CODE, 12_345) for _ in range(20)}) == 1


@pytest.mark.parametrize("limit", [1_000_000, 20_000_000])
def test_what_does_not_end_is_ended(limit: int) -> None:
    lx106 = Lx106()
    lx106.load(bytes.fromhex("06ffff"))  # j .
    with pytest.raises(Stopped, match="watchdog"):
        lx106.call(CODE, limit=limit)


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ("access fault, where nothing is, at 0x00000004", "32a000 2813 0df0"),  # l32i.n a2, a3, 4
        ("access fault, where nothing is, at 0x00000004", "32a000 2913 0df0"),  # s32i.n
        ("access fault, unaligned at 0x00000001", "32a001 2803 0df0"),
        ("instruction fault, not code of this core", "000000"),  # ill
        ("execute fault, where nothing is", "32a000 a00300"),  # jx a3
        ("not at", "1b11 1b11 1b11 1b11 0df0"),  # addi.n a1, a1, 1
    ],
)
def test_a_fault_is_told(why: str, code: str) -> None:
    lx106 = Lx106()
    lx106.load(bytes.fromhex(code))
    with pytest.raises(Stopped, match=why):
        lx106.call(CODE)


BOUNDED = {name: text for name, text in PROGRAMS.items() if name != "runtime helpers"}


@pytest.mark.parametrize("option", ["-Os", "-O2"])
@pytest.mark.parametrize("name", BOUNDED)
def test_the_bound_covers_every_run(lx106: Lx106, name: str, option: str) -> None:
    program, entry = together(gcc.link, LX106.core, (), BOUNDED, name, option, base=CODE)
    bound = stack_bound(program.elf, [entry], LX106.core)
    lx106.load(program.binary)
    peaks = []
    for n in (0, 1, 5, 63, 299, 0xFFFF_FFFF):
        lx106.gdb.write(RAM, bytes((7 * i + n) & 255 for i in range(0x400)))
        peaks.append(lx106.stack_peak(program.symbols[entry], RAM, n))
    assert max(peaks) <= bound <= 2 * max(peaks) + 256


def proven(model: bytes, folder: Path, **changes: object) -> dict[str, object]:
    installed("qemu-system-xtensa", "qemu-system-misc")
    installed("xtensa-lx106-elf-gcc", "gcc-xtensa-lx106")
    objective = changes.pop("objective", Objective.FLASH)
    profile = choose_profile(LX106, objective=objective)[0]
    spec = BuildSpec(model, profile, default_slot(LX106), ImageKind.MODULE, 300, vectors=4)
    report = build(replace(spec, **changes), folder, [].append).report
    shown = report["verification"]
    assert shown["mismatches"] == 0
    assert shown["instructions"] > 0
    assert shown["stack_peak"] <= report["ram"]["stack_bound"]
    assert shown["ran"] == "the machine code"
    return report


@pytest.mark.models
@pytest.mark.parametrize(
    "model", ["kws_ref_model", "mnist_0.983_quantized", "ad01_int8", "rnnoise_INT8"]
)
def test_published_models_are_bit_exact(model: str, models: Path, tmp_path: Path) -> None:
    proven((models / f"{model}.tflite").read_bytes(), tmp_path)


def int8(shape: tuple[int, ...], scale: float, zero: int) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero,))


def drawn(seed: int) -> bytes:
    """Return a small network: a convolution, a depthwise one, a layer over all, softmax."""
    random = np.random.default_rng(seed)
    height, width, depth, channels = (int(n) for n in random.integers(2, 6, 4))
    classes = int(random.integers(2, 7))

    def weights(*shape: int, axis: int = 0) -> TensorSpec:
        count = shape[axis]
        scales = tuple(random.uniform(0.001, 0.05, count).astype(float))
        values = random.integers(-127, 128, shape, np.int8)
        return TensorSpec(shape, scales=scales, axis=axis, values=values)

    def activation(*shape: int) -> TensorSpec:
        return int8(shape, float(random.uniform(0.02, 0.2)), int(random.integers(-128, 128)))

    def bias(source: TensorSpec, of: TensorSpec) -> TensorSpec:
        scales = tuple(np.float32(source.scales[0] * scale) for scale in of.scales)
        values = random.integers(-2000, 2000, of.shape[of.axis], np.int32)
        return TensorSpec(values.shape, ElementType.INT32, scales=scales, values=values)

    conv, depthwise = schema.Conv2DOptionsT(), schema.DepthwiseConv2DOptionsT()
    conv.strideH = conv.strideW = depthwise.strideH = depthwise.strideW = 1
    depthwise.depthMultiplier = 1
    dense = schema.FullyConnectedOptionsT()
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    image = activation(1, height, width, depth)
    first = activation(1, height, width, channels)
    second = activation(1, height, width, channels)
    w1, w2 = weights(channels, 3, 2, depth), weights(1, 2, 3, channels, axis=3)
    w3 = replace(weights(classes, height * width * channels), scales=(0.01,))
    logits = activation(1, classes)
    tensors = [
        *(image, w1, bias(image, w1), first, w2, bias(first, w2), second),
        *(w3, bias(second, w3), logits, int8((1, classes), 1 / 256, -128)),
    ]
    operators = [
        OperatorSpec(OperatorCode.CONV_2D, (0, 1, 2), (3,), conv),
        OperatorSpec(OperatorCode.DEPTHWISE_CONV_2D, (3, 4, 5), (6,), depthwise),
        OperatorSpec(OperatorCode.FULLY_CONNECTED, (6, 7, 8), (9,), dense),
        OperatorSpec(OperatorCode.SOFTMAX, (9,), (10,), softmax),
    ]
    return build_model(tensors, operators, [0], [10])


@pytest.mark.parametrize("seed", range(6))
def test_small_networks_are_bit_exact(seed: int, tmp_path: Path) -> None:
    proven(drawn(seed), tmp_path, objective=[Objective.FLASH, Objective.SPEED][seed % 2])


def test_a_slot_of_an_esp8266_is_proven_where_it_is(tmp_path: Path) -> None:
    proven(drawn(7), tmp_path, place=ESP8266)


def test_a_place_that_the_machine_lacks_cannot_be_proven(tmp_path: Path) -> None:
    with pytest.raises(VerificationFailed, match="no build for this place can be proven"):
        proven(drawn(7), tmp_path, place=replace(ESP8266, arena=0x2000_0000))


def test_equal_jobs_give_equal_images_wherever_they_are_built(tmp_path: Path) -> None:
    reports = [proven(drawn(7), tmp_path / name) for name in ("here", "elsewhere")]
    assert reports[0] == reports[1]
