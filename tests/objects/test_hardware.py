"""What a device says of itself, from the trees that were read."""

from objects.hardware import HardwareReport, SlotReport
from objects.tree import Object, ObjectInstance, Resource
from objects.value import Value


def instance(identifier: int, values: dict[int, Value]) -> ObjectInstance:
    return ObjectInstance.of(identifier, (Resource(*one) for one in values.items()))


MAP: dict[int, Value] = {
    8: 0xA8000, 9: 0x28000, 10: 0x20010000, 11: 0x20000, 19: 0x20030000, 20: 0x1000, 21: 0x2000,
}  # fmt: skip
SLOT = SlotReport(1, 0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000, 0x2000)


def test_nothing_read_is_nothing_known() -> None:
    assert HardwareReport.of() == HardwareReport()
    assert (
        HardwareReport.of(ObjectInstance(0), ObjectInstance(0), Object(26242)) == HardwareReport()
    )


def test_every_resource_goes_to_its_field() -> None:
    about = instance(0, {0: "TinyMLaaS", 1: "sim-m4", 3: "1.0.0", 17: "simulated", 18: "r1", 9: 5})
    hardware = ObjectInstance.of(
        0,
        [
            Resource(0, "cortex-m4"),
            Resource.multiple(1, ["dsp", "fpv4-sp"]),
            Resource(2, 64_000_000),
            Resource(3, 262144),
            Resource(4, 135168),
            Resource(5, 1048576),
            Resource.multiple(6, ["ethos-u55-128"]),
            Resource(7, "none"),
            Resource(8, 1),
            Resource(9, b"\x01" * 32),
            Resource(10, b"\x02" * 32),
        ],
    )
    assert HardwareReport.of(about, hardware, Object(26242, (instance(1, MAP),))) == HardwareReport(
        manufacturer="TinyMLaaS",
        model_number="sim-m4",
        firmware_version="1.0.0",
        device_type="simulated",
        hardware_version="r1",
        core="cortex-m4",
        isa_features=("dsp", "fpv4-sp"),
        clock=64_000_000,
        ram_total=262144,
        ram_for_models=135168,
        flash_total=1048576,
        accelerators=("ethos-u55-128",),
        operating_system="none",
        runtime_abi=1,
        signing_key_hash=b"\x01" * 32,
        firmware_image_hash=b"\x02" * 32,
        slots=(SLOT,),
    )


def test_a_data_address_is_told_only_where_there_is_one() -> None:
    read = instance(1, {**MAP, 22: 0x42210000})
    found = SlotReport.of(read)
    assert found is not None
    assert found.data == 0x42210000
    assert SLOT.data is None


def test_a_slot_without_its_whole_map_is_no_slot() -> None:
    for missing in MAP:
        told = {number: value for number, value in MAP.items() if number != missing}
        slots = Object(26242, (instance(1, told), instance(2, MAP)))
        assert [slot.instance for slot in HardwareReport.of(slots=slots).slots] == [2]


def test_a_resource_of_another_type_counts_as_absent() -> None:
    hardware = instance(0, {0: 4, 2: "fast", 3: True})
    assert HardwareReport.of(hardware=hardware) == HardwareReport()
