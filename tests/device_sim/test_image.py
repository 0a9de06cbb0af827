"""What the device's own reader makes of images: right ones, and every wrong one."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.board import board
from device_sim.errors import InvalidImage, InvalidKey, Why
from device_sim.image import Image, Kind, TrustedKey
from device_sim.verdict import judge
from tests.device_sim.images import Key, Meta, Model, firmware_image, module, trusted

M4 = board("sim-m4")
SLOT = M4.slots[0]
KEY = TrustedKey.load(trusted().public)
GOOD = module(M4)


def verdict(data: bytes) -> Why | None:
    try:
        judge(data, KEY, M4, SLOT, Kind.MODULE)
    except InvalidImage as error:
        return error.why
    return None


def test_a_good_module_is_accepted_with_all_it_says() -> None:
    accepted = judge(GOOD, KEY, M4, SLOT, Kind.MODULE)
    image = accepted.image
    assert image.size == len(GOOD)
    assert str(image.version) == "1.2.3"
    assert image.target == "cortex-m4+dsp+fpv4-sp"
    assert image.model_name == "add-one"
    assert image.slot == SLOT.identity
    assert accepted.table is not None
    assert accepted.table.input_size == 4


@pytest.mark.parametrize(
    "name", ["sim-m0plus", "sim-m3", "sim-m7", "sim-m33", "sim-c3", "sim-tiny"]
)
def test_each_board_accepts_what_was_made_for_it(name: str) -> None:
    it = board(name)
    assert judge(module(it, 2), KEY, it, it.slots[1], Kind.MODULE).table
    assert judge(firmware_image(it), KEY, it, it.app, Kind.FIRMWARE).table


WRONG = {
    "text": (b"this is no image at all, but it is long enough for a header", Why.FORMAT),
    "empty": (b"", Why.FORMAT),
    "other key": (module(M4, key=Key.new()), Why.SIGNATURE),
    "firmware as a module": (firmware_image(M4), Why.WRONG_KIND),
    "no kind": (module(M4, meta=Meta(kind=None)), Why.WRONG_KIND),
    "another core": (module(M4, meta=Meta(target="cortex-m33+dsp")), Why.WRONG_TARGET),
    "a feature too many": (module(M4, meta=Meta(target="cortex-m4+mve")), Why.WRONG_TARGET),
    "another slot": (module(M4, 2), Why.WRONG_TARGET),
    "another load address": (module(M4, meta=Meta(load=0xD0000)), Why.WRONG_TARGET),
    "another arena": (
        module(M4, meta=Meta(slot=(*SLOT.identity[:3], 1, *SLOT.identity[4:]))),
        Why.WRONG_TARGET,
    ),
    "table: magic": (module(M4, what=Model(magic=1)), Why.FORMAT),
    "table: ABI": (module(M4, what=Model(abi=2)), Why.WRONG_TARGET),
    "table: flags": (module(M4, what=Model(flags=2)), Why.WRONG_TARGET),
    "table: no inputs": (module(M4, what=Model(inputs=())), Why.FORMAT),
    "table: many inputs": (module(M4, what=Model(inputs=((0, 1),) * 65)), Why.FORMAT),
    "table: output behind the arena": (module(M4, what=Model(outputs=((30, 4),))), Why.FORMAT),
    "table: empty output": (module(M4, what=Model(outputs=((0, 0),))), Why.FORMAT),
    "table: arena": (module(M4, what=Model(arena_size=0x20001)), Why.NO_MEMORY),
    "table: state": (module(M4, what=Model(state_size=0x1001)), Why.NO_MEMORY),
    "table: stack": (module(M4, what=Model(stack_bound=0x2001)), Why.NO_MEMORY),
    "table: run outside": (module(M4, what=Model(run=0x20000001)), Why.FORMAT),
    "table: run not Thumb": (module(M4, what=Model(run=SLOT.load.address + 0x40)), Why.FORMAT),
}


@pytest.mark.parametrize("name", WRONG)
def test_every_check_has_its_own_verdict(name: str) -> None:
    data, why = WRONG[name]
    assert verdict(data) is why


def test_hard_float_needs_a_core_with_an_fpu() -> None:
    m3 = board("sim-m3")
    data = module(m3, what=Model(flags=1))
    with pytest.raises(InvalidImage, match="calling convention"):
        judge(data, KEY, m3, m3.slots[0], Kind.MODULE)
    assert verdict(module(M4, what=Model(flags=1))) is None


def test_a_subset_of_the_features_is_enough() -> None:
    assert verdict(module(M4, meta=Meta(target="cortex-m4+dsp"))) is None


def test_one_flipped_bit_anywhere_is_refused() -> None:
    for position in range(len(GOOD) * 8):
        data = bytearray(GOOD)
        data[position // 8] ^= 1 << position % 8
        assert verdict(bytes(data)) is not None, position


def test_a_cut_at_every_byte_is_refused() -> None:
    assert all(verdict(GOOD[:size]) is not None for size in range(len(GOOD)))


@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 200))
def test_hostile_bytes_are_refused_and_nothing_else_happens(
    junk: bytes, at: int, length: int
) -> None:
    data = GOOD[:at] + junk + GOOD[at + length :]
    assert (verdict(data) is None) == data.startswith(GOOD)


def test_flash_behind_the_image_does_not_count() -> None:
    assert Image.read(GOOD + b"\xff" * 100).size == len(GOOD)


def test_a_key_is_read_from_pem_and_der_alike() -> None:
    der = trusted().signing.get_public_bytes()
    assert TrustedKey.load(der).hash == KEY.hash == Image.read(GOOD).unprotected[1]


@pytest.mark.parametrize("data", [b"", b"-----BEGIN nothing", b"\x30\x03"])
def test_what_is_no_key_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidKey):
        TrustedKey.load(data)


def test_an_image_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Image.read(GOOD).size = 1  # type: ignore[misc]
