"""The definitions that ship, and how definitions are found."""

from enum import IntEnum
from pathlib import Path as Folder
from types import ModuleType

import pytest

from objects import (
    device,
    firmware_update,
    hardware,
    model_slot,
    server,
    software_management,
)
from objects.definition import ObjectDefinition, Operations, Version
from objects.errors import InvalidDefinition, InvalidPath, UnknownObject
from objects.path import Path
from objects.registry import Registry, core_versions, slug
from objects.value import ResourceType

STANDARD = Registry.standard()


IPSO = [*range(3200, 3204), *range(3300, 3307), 3311, *range(3313, 3317), *range(3320, 3324),
        *range(3337, 3344), 3347]  # fmt: skip
OTHERS = [3442, 26241, 26242]


def test_what_real_clients_have_ships() -> None:
    found = dict[int, list[str]]()
    for one in STANDARD:
        found.setdefault(one.id, []).append(str(one.version))
    assert {number: told for number, told in found.items() if number < 8} == {
        0: ["1.0", "1.1", "1.2"],
        1: ["1.0", "1.1", "1.2"],
        2: ["1.0", "1.1"],
        3: ["1.0", "1.1", "1.2"],
        4: ["1.0", "1.1", "1.2", "1.3"],
        5: ["1.0", "1.1"],
        6: ["1.0"],
        7: ["1.0"],
    }
    others = [number for number in found if number > 7]
    assert others == [9, 10, 11, 12, 13, 16, 19, 20, 21, 22, 23, 25, *IPSO, *OTHERS]


@pytest.mark.parametrize("lwm2m", ["1.0", "1.1", "1.2"])
@pytest.mark.proves("register-versions")
def test_an_endpoint_means_the_objects_of_its_own_lwm2m(lwm2m: str) -> None:
    told = core_versions(lwm2m)
    known = STANDARD.with_versions(told)
    for number, version in told:
        if number != 21:  # version 1.0 of it is told to nobody but clients, by bootstrap servers
            assert known.object(number).version == Version.parse(version)
    assert STANDARD.with_versions([*told, (3, "1.0")]).object(3).version == Version(1, 0)


def test_later_lwm2m_is_not_guessed() -> None:
    assert core_versions("2.0") == ()


@pytest.mark.parametrize(
    ("lwm2m", "number", "resources"),
    [("1.0", 0, 13), ("1.1", 0, 18), ("1.0", 1, 9), ("1.1", 1, 24), ("1.0", 4, 11), ("1.0", 5, 9)],
)
def test_an_earlier_version_has_what_it_had(lwm2m: str, number: int, resources: int) -> None:
    known = STANDARD.with_versions(core_versions(lwm2m))
    assert set(known.object(number).resources) == set(range(resources + (number == 5))) - (
        {4} if number == 5 else set()
    )


@pytest.mark.parametrize("module", [server, device, firmware_update, software_management,
                                    hardware, model_slot])  # fmt: skip
def test_numbers_in_code_and_in_the_file_are_the_same(module: ModuleType) -> None:
    resources: type[IntEnum] = module.Resource
    defined = STANDARD.object(module.OBJECT_ID)
    assert {one.value for one in resources} == set(defined.resources)


@pytest.mark.parametrize("module", [server, device, hardware, model_slot])
def test_names_in_code_and_in_the_file_are_the_same(module: ModuleType) -> None:
    defined = STANDARD.object(module.OBJECT_ID)
    for one in module.Resource:
        name = defined.resources[one.value].name
        assert one.name.replace("_", "-").lower() in {slug(name), slug(name).replace("sha-", "sha")}


@pytest.mark.parametrize(
    ("path", "largest"),
    [
        ("/5/0/3", max(firmware_update.State)),
        ("/5/0/5", max(firmware_update.UpdateResult)),
        ("/5/0/8", max(firmware_update.ProtocolSupport)),
        ("/5/0/9", max(firmware_update.DeliveryMethod)),
        ("/9/0/7", max(software_management.State)),
        ("/26242/1/3", max(model_slot.State)),
        ("/26242/1/4", max(model_slot.Result)),
    ],
)
def test_states_and_results_fill_the_range_of_the_file(path: str, largest: int) -> None:
    assert STANDARD.resource(Path.parse(path)).range == f"0..{largest}"


@pytest.mark.parametrize("defined", list(STANDARD), ids=lambda one: f"{one.id}-{one.version}")
def test_a_shipped_definition_is_whole(defined: ObjectDefinition) -> None:
    space = "oma" if defined.id < 2048 else "ext" if defined.id < 26241 else "x"
    urn = f"urn:oma:lwm2m:{space}:{defined.id}"
    # The registry writes no version where it is the first.
    assert defined.urn in {f"{urn}:{defined.version}", urn if defined.version == Version() else ""}
    assert defined.description
    for one in defined.resources.values():
        assert one.description, one
        assert (one.type is None) == (one.operations is Operations.EXECUTE), one
    names = [slug(one.name) for one in defined.resources.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("number", [0, 21, 23])
def test_nobody_reads_or_writes_credentials(number: int) -> None:
    for one in STANDARD.object(number).resources.values():
        assert one.operations is Operations.NONE


@pytest.mark.parametrize(
    ("path", "resource_type", "operations", "multiple"),
    [
        ("/1/0/1", ResourceType.UNSIGNED_INTEGER, Operations.READ_WRITE, False),
        ("/3/0/6", ResourceType.INTEGER, Operations.READ, True),
        ("/3/0/13", ResourceType.TIME, Operations.READ_WRITE, False),
        ("/3/0/22", ResourceType.OBJLNK, Operations.READ, True),
        ("/5/0/0", ResourceType.OPAQUE, Operations.WRITE, False),
        ("/5/0/2", None, Operations.EXECUTE, False),
        ("/9/0/12", ResourceType.BOOLEAN, Operations.READ, False),
        ("/26241/0/1", ResourceType.STRING, Operations.READ, True),
        ("/26241/0/10", ResourceType.OPAQUE, Operations.READ, False),
        ("/26242/2/12", ResourceType.OPAQUE, Operations.WRITE, False),
        ("/26242/2/13", None, Operations.EXECUTE, False),
        ("/26242/2/22", ResourceType.INTEGER, Operations.READ, False),
    ],
)
def test_definitions_are_those_of_the_standard_and_the_design(
    path: str, resource_type: ResourceType | None, operations: Operations, *, multiple: bool
) -> None:
    found = STANDARD.resource(Path.parse(path))
    assert (found.type, found.operations, found.multiple) == (resource_type, operations, multiple)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("device", "/3"),
        ("device/0/firmware-version", "/3/0/3"),
        ("device/firmware-version", "/3/0/3"),
        ("Device/Firmware-Version/", "/3/0/3"),
        ("device/0/6/1", "/3/0/6/1"),
        ("device/available-power-sources/1", "/3/0/6/1"),
        ("model-slot/2/state", "/26242/2/3"),
        ("server/0/lifetime", "/1/0/1"),
        ("lwm2m-server/0/lifetime", "/1/0/1"),
        ("/3/0/3", "/3/0/3"),
        ("26242/2", "/26242/2"),
        ("/", "/"),
    ],
)
def test_paths_may_be_written_in_names(text: str, path: str) -> None:
    assert str(STANDARD.path(text)) == path


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("toaster/0/0", UnknownObject, "no object is named 'toaster'"),
        ("device/0/smell", UnknownObject, "device has no resource named 'smell'"),
        ("model-slot/state", InvalidPath, "has to name an instance"),
        ("3/state", InvalidPath, "no identifier: 'state'"),
        ("device/0/6/1/2", InvalidPath, "more than four segments"),
        ("device/0/6/first", InvalidPath, "no identifier: 'first'"),
        ("x" * 10_000, UnknownObject, "no object is named 'xxx"),
    ],
)
def test_names_that_nobody_defined_are_named(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        STANDARD.path(text)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/77/0/0", "object 77 is not defined; add its OMA file"),
        ("/3/0/99", r"object 3 \(Device\) 1.2 has no resource 99"),
        ("/3/0", "/3/0 names no resource"),
    ],
)
def test_what_is_not_defined_is_named_or_none(path: str, says: str) -> None:
    with pytest.raises(UnknownObject, match=says):
        STANDARD.resource(Path.parse(path))
    assert STANDARD.find_resource(Path.parse(path)) is None


def pump(*version: int) -> ObjectDefinition:
    return ObjectDefinition(32000, "Pump", Version(*version), multiple=False, mandatory=False)


def test_the_newest_version_is_preferred_unless_the_endpoint_told_another() -> None:
    registry = Registry.of([pump(1, 10), pump(1, 9), pump(2, 0), pump(1, 0)])
    assert registry.object(32000).version == Version(2, 0)
    assert registry.object(32000, Version(1, 0)).version == Version(1, 0)
    for told, preferred in {
        "1.9": Version(1, 9),
        "1.10": Version(1, 10),
        "1.3": Version(1, 10),  # unknown: the newest of the same major number
        "3.0": Version(2, 0),  # nothing akin
    }.items():
        told_by_endpoint = registry.with_versions([(32000, told), (77, "1.0")])
        assert told_by_endpoint.object(32000).version == preferred
    with pytest.raises(UnknownObject, match=r"object 32000 3\.0 is not defined"):
        registry.object(32000, Version(3, 0))


def test_a_folder_adds_and_replaces(tmp_path: Folder) -> None:
    file = """<LWM2M><Object><Name>{}</Name><ObjectID>{}</ObjectID>
    <ObjectVersion>{}</ObjectVersion><MultipleInstances>Single</MultipleInstances>
    <Mandatory>Optional</Mandatory><Resources/></Object></LWM2M>"""
    (tmp_path / "a.xml").write_text(file.format("Pump", 32000, "1.0"))
    (tmp_path / "b.XML").write_text(file.format("My Device", 3, "1.2"))
    (tmp_path / "notes.txt").write_text("not an object")
    registry = STANDARD.load_folder(tmp_path)
    assert registry.path("pump") == Path(32000)
    assert registry.object(3).name == "My Device"
    assert STANDARD.object(3).name == "Device"


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Folder) -> None:
    with pytest.raises(InvalidDefinition, match="object files cannot be read"):
        STANDARD.load_folder(tmp_path / "missing")
    (tmp_path / "a.xml").mkdir()
    with pytest.raises(InvalidDefinition, match="object files cannot be read"):
        STANDARD.load_folder(tmp_path)


def test_a_bad_file_in_a_folder_is_named(tmp_path: Folder) -> None:
    (tmp_path / "bad.xml").write_text("<LWM2M>")
    with pytest.raises(InvalidDefinition, match=r"bad\.xml is no XML"):
        STANDARD.load_folder(tmp_path)


@pytest.mark.parametrize("text", ["", "1", "1.", "1.0.0", "a.b", "-1.0", "999999.0", "1.x" * 999])
def test_a_version_has_two_numbers(text: str) -> None:
    with pytest.raises(InvalidDefinition, match="is no object version"):
        Version.parse(text)


def test_a_resource_of_later_versions_is_known_to_an_endpoint_that_told_an_early_one() -> None:
    known = STANDARD.with_versions([(5, "1.0")])
    assert 10 not in known.object(5).resources
    assert known.find_resource(Path(5, 0, 10)) is STANDARD.object(5).resources[10]
    assert known.find_resource(Path(5, 0, 99)) is None
    assert known.find_resource(Path(5, 0, 1)) is known.object(5).resources[1]
