"""What a device says of itself: Objects 3, 26241 and 26242 as one value."""

from dataclasses import dataclass, field
from enum import IntEnum

OBJECT_ID = 26241


class Resource(IntEnum):
    """Resources of Object 26241, Hardware (single instance, read only)."""

    CORE = 0
    ISA_FEATURES = 1
    CLOCK = 2
    RAM_TOTAL = 3
    RAM_FOR_MODELS = 4
    FLASH_TOTAL = 5
    ACCELERATORS = 6
    OPERATING_SYSTEM = 7
    RUNTIME_ABI = 8
    SIGNING_KEY_HASH = 9
    FIRMWARE_IMAGE_HASH = 10


@dataclass(frozen=True, slots=True)
class SlotReport:
    """One instance of Object 26242 as read; sizes in bytes."""

    instance: int
    load: int
    size: int
    arena: int
    arena_size: int
    state: int
    state_size: int
    stack_size: int
    data: int | None = None


@dataclass(frozen=True, slots=True)
class HardwareReport:
    """All that was read of a device's hardware; what it did not offer is None or empty.

    Sizes are in bytes, the clock in Hz. Object 3 resources 10 and 21 are left
    out on purpose: they tell storage in kilobytes, not RAM.
    """

    # Object 3
    manufacturer: str | None = None  # 3/0/0
    model_number: str | None = None  # 3/0/1
    firmware_version: str | None = None  # 3/0/3
    device_type: str | None = None  # 3/0/17
    hardware_version: str | None = None  # 3/0/18
    # Object 26241
    core: str | None = None
    isa_features: tuple[str, ...] = ()
    clock: int | None = None
    ram_total: int | None = None
    ram_for_models: int | None = None
    flash_total: int | None = None
    accelerators: tuple[str, ...] = ()
    operating_system: str | None = None
    runtime_abi: int | None = None
    signing_key_hash: bytes | None = None
    firmware_image_hash: bytes | None = None
    # Object 26242
    slots: tuple[SlotReport, ...] = field(default=())
