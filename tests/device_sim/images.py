"""Images for the simulated boards: hand-assembled programs, signed with imgtool.

The model adds one to each of its `SIZE` input bytes; its state counts the runs.
"""

import hashlib
import struct
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from imgtool import image as imgtool_image
from imgtool import keys as imgtool_keys
from imgtool import version as imgtool_version

from device_sim.board import Board, ImagePlace
from device_sim.image import Kind, Tag
from device_sim.table import MAGIC

SIZE = 4
OUTPUT_OFFSET = 16


@dataclass(frozen=True)
class Code:
    """Machine code of `init` and `run` for one instruction set."""

    init: bytes
    run: bytes


def thumb(*halfwords: int) -> bytes:
    return struct.pack(f"<{len(halfwords)}H", *halfwords)


def riscv(*words: int) -> bytes:
    return struct.pack(f"<{len(words)}I", *words)


def _thumb_add_one() -> bytes:
    # ldrb r2, [r0, #i]; adds r2, #1; strb r2, [r0, #16 + i]
    steps = [(0x7802 | i << 6, 0x3201, 0x7002 | (OUTPUT_OFFSET + i) << 6) for i in range(SIZE)]
    count = (0x780B, 0x3301, 0x700B)  # ldrb r3, [r1]; adds r3, #1; strb r3, [r1]
    return thumb(*(half for step in steps for half in step), *count, 0x2000, 0x4770)


def _riscv_add_one() -> bytes:
    # lbu a2, i(a0); addi a2, a2, 1; sb a2, 16 + i(a0)
    steps = [
        (0x00054603 | i << 20, 0x00160613, 0x00C50023 | (OUTPUT_OFFSET + i) % 32 << 7)
        for i in range(SIZE)
    ]
    return riscv(*(word for step in steps for word in step), 0x00000513, 0x00008067)


THUMB = Code(init=thumb(0x2100, 0x7001, 0x2000, 0x4770), run=_thumb_add_one())
RISCV = Code(init=riscv(0x00050023, 0x00000513, 0x00008067), run=_riscv_add_one())

THUMB_FAULT = thumb(0xDE00)
THUMB_HANG = thumb(0xE7FE)
THUMB_ERROR = thumb(0x2001, 0x4770)


@dataclass(frozen=True)
class Model:
    """What a test may want to be otherwise in a table, with what is right as default."""

    magic: int = MAGIC
    abi: int = 1
    flags: int = 0
    inputs: tuple[tuple[int, int], ...] = ((0, SIZE),)
    outputs: tuple[tuple[int, int], ...] = ((OUTPUT_OFFSET, SIZE),)
    arena_size: int = 32
    state_size: int = 16
    stack_bound: int = 64
    init: int | None = None
    run: int | None = None
    code: Code | None = None
    padding: int = 0


def code_of(board: Board) -> Code:
    return THUMB if board.core.startswith("cortex") else RISCV


def model(board: Board, start: int, what: Model = Model()) -> bytes:
    """Return table and code as they lie at address `start`."""
    code = what.code or code_of(board)
    bit = 1 if board.core.startswith("cortex") else 0
    head = struct.calcsize("<IHHHHIIIII") + 8 * (len(what.inputs) + len(what.outputs))
    init = start + head + bit if what.init is None else what.init
    run = start + head + len(code.init) + bit if what.run is None else what.run
    table = struct.pack(
        "<IHHHHIIIII",
        *(what.magic, what.abi, what.flags, len(what.inputs), len(what.outputs)),
        *(what.arena_size, what.state_size, what.stack_bound, init, run),
    )
    tensors = b"".join(struct.pack("<II", *t) for t in (*what.inputs, *what.outputs))
    return table + tensors + code.init + code.run + b"\0" * what.padding


def firmware(board: Board, start: int, what: Model = Model(), *, boots: bool = True) -> bytes:
    """Return a bootable payload: start-up that calls `init` and sleeps, table at 0x40."""
    body = model(board, start + 0x40, what)
    reset = start + 0x40 + len(body)
    (init,) = struct.unpack_from("<I", body, 24)
    if board.core.startswith("cortex"):
        # ldr r0, state; ldr r1, init; blx r1; wfi; b .
        start_up = thumb(0x4802, 0x4903, 0x4788, 0xBF30, 0xE7FD, 0x46C0)
        start_up += struct.pack("<II", board.app.state.address, init)
        # pc-relative loads count from an aligned address
        body += thumb(0x46C0) * (len(body) % 4 // 2)
        reset = start + 0x40 + len(body)
        start_up = start_up if boots else THUMB_FAULT
        vectors = struct.pack("<II", board.firmware_ram.end, reset | 1).ljust(0x40, b"\0")
        return vectors + body + start_up
    offset = reset - start
    jump = (
        0x6F | (offset >> 12 & 0xFF) << 12 | (offset >> 11 & 1) << 20 | (offset >> 1 & 0x3FF) << 21
    )
    state = board.app.state.address
    low = state & 0xFFF
    high = (state + (0x800 if low >= 0x800 else 0)) >> 12
    back = init - (reset + 8)
    call = 0xEF | (back >> 12 & 0xFF) << 12 | (back >> 11 & 1) << 20
    call |= (back >> 1 & 0x3FF) << 21 | (back >> 20 & 1) << 31
    # lui a0, state; addi a0, a0, state; jal init; wfi; j .-4
    start_up = riscv(0x537 | high << 12, 0x00050513 | low << 20, call, 0x10500073, 0xFFDFF06F)
    return riscv(jump).ljust(0x40, b"\0") + body + (start_up if boots else riscv(0))


@dataclass(frozen=True)
class Key:
    """A signing key: its imgtool form and its public half in PEM."""

    signing: object = field(repr=False)
    public: bytes

    @classmethod
    def new(cls) -> "Key":
        signing = imgtool_keys.Ed25519.generate()
        public = serialization.load_der_public_key(signing.get_public_bytes())
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat
        return cls(signing, public.public_bytes(encoding, form.SubjectPublicKeyInfo))


@cache
def trusted() -> Key:
    return Key.new()


@dataclass(frozen=True)
class Meta:
    """What an image says of itself; None leaves a TLV out."""

    kind: int | None = Kind.MODULE
    target: str | None = None
    slot: tuple[int, ...] | None = None
    version: str = "1.2.3"
    model_name: str | None = "add-one"
    load: int | None = None


def sign(board: Board, place: ImagePlace, payload: bytes, meta: Meta, key: Key | None) -> bytes:
    target = meta.target or "+".join((board.core, *board.features))
    slot = place.identity if meta.slot is None else meta.slot
    values = {Tag.TARGET: target.encode(), Tag.SLOT: struct.pack("<7I", *slot)}
    if meta.model_name is not None:
        values[Tag.MODEL_SHA256] = hashlib.sha256(payload).digest()
        values[Tag.MODEL_NAME] = meta.model_name.encode()
    if meta.kind is not None:
        values[Tag.KIND] = bytes([meta.kind])
    header = 0x200 if meta.kind == Kind.FIRMWARE else 0x20
    made = imgtool_image.Image(
        version=imgtool_version.decode_version(meta.version),
        header_size=header,
        pad_header=True,
        slot_size=place.load.size + 0x10000,
        rom_fixed=place.load.address if meta.load is None else meta.load,
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.bin"
        file.write_bytes(payload)
        made.load(str(file))
        signing = None if key is None else key.signing
        made.create(signing, "hash", None, custom_tlvs={int(t): v for t, v in values.items()})
        made.save(str(file))
        return file.read_bytes()


def module(
    board: Board, slot: int = 1, what: Model = Model(), meta: Meta = Meta(), key: Key | None = None
) -> bytes:
    """Return a module for a slot, signed with the trusted key unless told otherwise."""
    place = board.slots[slot - 1]
    payload = model(board, place.load.address + 0x20, what)
    return sign(board, place, payload, meta, key or trusted())


def firmware_image(
    board: Board, version: str = "2.0.0", what: Model = Model(), *, boots: bool = True
) -> bytes:
    """Return a firmware that holds the model, signed with the trusted key."""
    payload = firmware(board, board.app.load.address + 0x200, what, boots=boots)
    meta = Meta(kind=Kind.FIRMWARE, version=version)
    return sign(board, board.app, payload, meta, trusted())
