"""What a device says of itself: Objects 3, 26241 and 26242 as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

from . import device, model_slot
from .tree import Object, ObjectInstance

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

    @classmethod
    def of(cls, read: ObjectInstance) -> Self | None:
        """Return the slot that was read, None where an address or a size of it is missing."""
        told = dict[str, int]()
        for name, resource in _SLOT_MAP.items():
            if (number := read.value(resource, int)) is None:
                return None
            told[name] = number
        return cls(read.id, data=read.value(model_slot.Resource.DATA_ADDRESS, int), **told)


_SLOT_MAP: Final[Mapping[str, model_slot.Resource]] = {
    "load": model_slot.Resource.LOAD_ADDRESS,
    "size": model_slot.Resource.SLOT_SIZE,
    "arena": model_slot.Resource.ARENA_ADDRESS,
    "arena_size": model_slot.Resource.ARENA_SIZE,
    "state": model_slot.Resource.STATE_ADDRESS,
    "state_size": model_slot.Resource.STATE_SIZE,
    "stack_size": model_slot.Resource.STACK_SIZE,
}


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

    @classmethod
    def of(
        cls,
        about: ObjectInstance | None = None,
        hardware: ObjectInstance | None = None,
        slots: Object | None = None,
    ) -> Self:
        """Return what was read of `/3/0`, `/26241/0` and `/26242`; None is what was not.

        A resource of another type than its definition's counts as not offered,
        and so does a slot that does not tell all its addresses and sizes.
        """
        about = about or ObjectInstance(0)
        hardware = hardware or ObjectInstance(0)
        reported = (SlotReport.of(instance) for instance in (slots.instances if slots else ()))
        return cls(
            manufacturer=about.value(device.Resource.MANUFACTURER, str),
            model_number=about.value(device.Resource.MODEL_NUMBER, str),
            firmware_version=about.value(device.Resource.FIRMWARE_VERSION, str),
            device_type=about.value(device.Resource.DEVICE_TYPE, str),
            hardware_version=about.value(device.Resource.HARDWARE_VERSION, str),
            core=hardware.value(Resource.CORE, str),
            isa_features=hardware.values(Resource.ISA_FEATURES, str),
            clock=hardware.value(Resource.CLOCK, int),
            ram_total=hardware.value(Resource.RAM_TOTAL, int),
            ram_for_models=hardware.value(Resource.RAM_FOR_MODELS, int),
            flash_total=hardware.value(Resource.FLASH_TOTAL, int),
            accelerators=hardware.values(Resource.ACCELERATORS, str),
            operating_system=hardware.value(Resource.OPERATING_SYSTEM, str),
            runtime_abi=hardware.value(Resource.RUNTIME_ABI, int),
            signing_key_hash=hardware.value(Resource.SIGNING_KEY_HASH, bytes),
            firmware_image_hash=hardware.value(Resource.FIRMWARE_IMAGE_HASH, bytes),
            slots=tuple(slot for slot in reported if slot is not None),
        )
