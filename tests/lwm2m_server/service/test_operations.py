"""Operators' operations: what is asked, in which format, and what the answer means (§6.3)."""

from pathlib import Path as File

import pytest

from lwm2m_server.protocol.operations import (
    Create,
    Delete,
    Discover,
    Execute,
    Operation,
    Read,
    ReadComposite,
    Response,
    Write,
    WriteAttributes,
    WriteComposite,
)
from lwm2m_server.protocol.queue_mode import AWAKE_WINDOW
from lwm2m_server.protocol.registration import UpdateRequest
from lwm2m_server.service.answers import Answer, Asking, Queued, Result
from lwm2m_server.service.errors import InvalidInput, UnreadableAnswer
from lwm2m_server.service.management import ManagementService
from objects.attributes import NotificationAttributes
from objects.codecs import ContentFormat, Record, encode, encode_values
from objects.codecs import decode_paths as named
from objects.link_format import Link
from objects.path import Path
from objects.registry import Registry
from objects.tree import Node, Object, ObjectInstance, Resource, ResourceInstance

from .scripted import CHANGED, CONTENT, CREATED, ENDPOINT, Scene, Script, scene

DEFINITIONS = Registry.standard()
TEXT, OPAQUE, TLV = ContentFormat.TEXT, ContentFormat.OPAQUE, ContentFormat.TLV
SENML_CBOR, SENML_JSON = ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON
LIFETIME = Path(1, 0, 1)
DEVICE = ObjectInstance.of(0, [Resource(0, "us"), Resource.multiple(6, {0: 1, 2: 5})])


def management(one: Scene) -> ManagementService:
    return one.world.services.management


def answered(result: Result) -> Answer:
    assert isinstance(result, Answer)
    return result


def taking(*formats: int | None) -> Script:
    """Answer Reads and Writes in these formats, and refuse all others as the standard says."""

    def script(operation: Operation) -> Response:
        if isinstance(operation, Read):
            if operation.accept not in formats:
                return Response(0x86)
            kind = operation.accept if operation.accept is not None else TLV
            payload = encode(kind, Path(3, 0), DEVICE, DEFINITIONS)
            return Response(CONTENT, payload, kind)
        assert isinstance(operation, Write)
        return Response(CHANGED if operation.content_format in formats else 0x8F)

    return script


# --- formats -----------------------------------------------------------------------------------


@pytest.mark.proves("format-next")
async def test_the_next_format_follows_on_a_refusal_and_is_the_first_next_time(
    tmp_path: File,
) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = taking(TLV)
        for _ in range(2):
            answer = answered(await management(one).read(ENDPOINT, Path(3, 0)))
            assert answer.node == DEVICE
        asked = [each.accept for each in one.device.asked if isinstance(each, Read)]
        assert asked[:2] == [SENML_CBOR, SENML_JSON]
        assert asked[-2:] == [TLV, TLV]


@pytest.mark.parametrize(("path", "node"), [(Path(3, 0), DEVICE), (LIFETIME, Resource(1, 300))])
async def test_what_waits_learns_the_format_that_was_taken(
    tmp_path: File, path: Path, node: Node
) -> None:
    async with scene(tmp_path, "lwm2m=1.1", "Q") as one:
        one.device.script = taking(SENML_JSON)
        await one.pass_by(AWAKE_WINDOW + 1)
        assert isinstance(await management(one).write(ENDPOINT, path, node), Queued)
        registration = one.world.services.gateway.registration(ENDPOINT)
        one.world.services.registrations.update(UpdateRequest(registration.id, "peer"))
        await one.pass_by(1.0)
        assert isinstance(one.device.asked[-1], Write)
        assert one.device.asked[-1].content_format == SENML_JSON
        one.device.asked.clear()
        assert answered(await management(one).write(ENDPOINT, path, node)).ok
        formats = [each.content_format for each in one.device.asked if isinstance(each, Write)]
        assert formats == [SENML_JSON]


async def test_an_answer_without_a_format_is_in_what_was_accepted(tmp_path: File) -> None:
    """RFC 7252 §5.10.4: a server that cannot answer in it answers 4.06."""
    payload = encode(SENML_CBOR, LIFETIME, Resource(1, 300), DEFINITIONS)
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = lambda _: Response(CONTENT, payload)
        answer = answered(await management(one).read(ENDPOINT, LIFETIME))
        assert answer.node == Resource(1, 300)
    async with scene(tmp_path / "1.0", "lwm2m=1.0") as one:
        one.device.script = lambda _: Response(CONTENT, b"300")
        with pytest.raises(UnreadableAnswer, match="no content format"):
            await management(one).read(ENDPOINT, LIFETIME)


async def test_what_was_learned_ends_with_the_registration(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = taking(TLV)
        await management(one).read(ENDPOINT, Path(3, 0))
        one.device.script = taking(SENML_CBOR)
        await one.register("lwm2m=1.1")
        one.device.asked.clear()
        await management(one).read(ENDPOINT, Path(3, 0))
        assert one.device.asked == [Read(Path(3, 0), SENML_CBOR)]


async def test_who_takes_no_accept_at_all_is_asked_without(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = taking(None)
        answer = answered(await management(one).read(ENDPOINT, Path(3, 0)))
        assert answer.node == DEVICE


async def test_who_refuses_every_format_is_heard(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = taking()
        answer = answered(await management(one).read(ENDPOINT, Path(3, 0)))
        assert (answer.ok, answer.response.code_text) == (False, "4.06")


async def test_a_format_that_is_asked_for_is_the_only_one(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = taking(TLV)
        asking = Asking(content_format=SENML_JSON)
        answer = answered(await management(one).read(ENDPOINT, Path(3, 0), asking))
        assert answer.response.code_text == "4.06"
        assert one.device.asked == [Read(Path(3, 0), SENML_JSON)]


# --- Write ---------------------------------------------------------------------------------------

RESOURCE = Path(3, 0, 14)
WRITES = [
    (LIFETIME, Resource(1, 300), True, "1.1", Write(LIFETIME, b"300", TEXT)),
    # POST on one value would execute it, so that there is no partial Write of it.
    (LIFETIME, Resource(1, 300), False, "1.1", Write(LIFETIME, b"300", TEXT)),
    (Path(5, 0, 0), Resource(0, b"\0"), True, "1.1", Write(Path(5, 0, 0), b"\0", OPAQUE)),
    (
        Path(3, 0, 6, 1),
        ResourceInstance(1, 5),
        True,
        "1.1",
        Write(Path(3, 0, 6, 1), b"5", TEXT),
    ),
    (
        Path(3, 0, 6),
        Resource.multiple(6, {0: 1}),
        False,
        "1.0",
        Write(Path(3, 0, 6), bytes.fromhex("8306410001"), TLV, replace=False),
    ),
    (
        Path(1, 0),
        ObjectInstance.of(0, [Resource(1, 300)]),
        True,
        "1.0",
        Write(Path(1, 0), bytes.fromhex("c201012c"), TLV),
    ),
    (
        Path(1, 0),
        ObjectInstance.of(0, [Resource(1, 300)]),
        False,
        "1.0",
        Write(Path(1, 0), bytes.fromhex("c201012c"), TLV, replace=False),
    ),
]


@pytest.mark.parametrize(("path", "node", "replace", "version", "expected"), WRITES)
async def test_a_write_is_the_request_of_its_shape(
    tmp_path: File, path: Path, node: Resource, replace: bool, version: str, expected: Write
) -> None:
    async with scene(tmp_path, f"lwm2m={version}") as one:
        one.device.script = lambda _: Response(CHANGED)
        assert answered(await management(one).write(ENDPOINT, path, node, replace=replace)).ok
        assert one.device.asked == [expected]


async def test_who_reads_no_text_is_written_to_in_another_format(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = taking(SENML_CBOR)
        assert answered(await management(one).write(ENDPOINT, LIFETIME, Resource(1, 300))).ok
        formats = [each.content_format for each in one.device.asked if isinstance(each, Write)]
        assert formats == [TEXT, SENML_CBOR]


# --- Create --------------------------------------------------------------------------------------

RESOURCES = (Resource(1, 300), Resource(7, "U"))
CREATES = [
    # TLV: an object instance where it has an id, resources alone where the client chooses.
    ("1.0", ObjectInstance.of(5, RESOURCES), TLV, "07 05 c2 01 01 2c c1 07 55"),
    ("1.0", RESOURCES, TLV, "c2 01 01 2c c1 07 55"),
    ("1.1", (), TLV, ""),  # no record of SenML, so that none has a name
]


@pytest.mark.parametrize(("version", "told", "content_format", "payload"), CREATES)
async def test_a_create_in_tlv_tells_an_id_or_leaves_it(
    tmp_path: File, version: str, told: ObjectInstance, content_format: int, payload: str
) -> None:
    async with scene(tmp_path, f"lwm2m={version}", links=b"</1>,</3/0>") as one:
        one.device.script = lambda _: Response(CREATED, location=("1", "5"))
        answer = answered(await management(one).create(ENDPOINT, Path(1), told))
        assert answer.created == Path(1, 5)
        assert one.device.asked == [Create(Path(1), bytes.fromhex(payload), content_format)]


async def test_a_create_beside_instance_0_tells_an_id(tmp_path: File) -> None:
    """Zephyr takes resources alone for those of instance 0, and writes over it."""
    async with scene(tmp_path, "lwm2m=1.0", links=b"</1/0>,</3/0>") as one:
        one.device.script = lambda _: Response(CREATED, location=("1", "1"))
        assert answered(await management(one).create(ENDPOINT, Path(1), RESOURCES)).ok
        payload = bytes.fromhex("07 01 c2 01 01 2c c1 07 55")
        assert one.device.asked == [Create(Path(1), payload, TLV)]


async def test_a_create_in_senml_names_an_id_that_nobody_has_told_of(tmp_path: File) -> None:
    links = b"</1/0>,</1/2>,</3/0>"
    async with scene(tmp_path, "lwm2m=1.1", links=links) as one:
        one.device.script = lambda _: Response(CREATED, location=("1", "1"))
        answer = answered(await management(one).create(ENDPOINT, Path(1), RESOURCES))
        assert answer.created == Path(1, 1)
        node = Object(1, (ObjectInstance.of(1, RESOURCES),))
        payload = encode(SENML_CBOR, Path(1), node, DEFINITIONS)
        assert one.device.asked == [Create(Path(1), payload, SENML_CBOR)]


async def test_an_instance_that_was_named_is_known_without_a_location(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.0", links=b"</1>,</3/0>") as one:
        one.device.script = lambda _: Response(CREATED)
        told = ObjectInstance.of(5, RESOURCES)
        assert answered(await management(one).create(ENDPOINT, Path(1), told)).created == Path(1, 5)
        answer = answered(await management(one).create(ENDPOINT, Path(1), RESOURCES))
        assert (answer.ok, answer.created) == (True, None)
        asking = Asking(SENML_JSON)
        answer = answered(await management(one).create(ENDPOINT, Path(1), RESOURCES, asking))
        assert answer.created == Path(1, 0)


@pytest.mark.proves("register-root")
async def test_a_location_and_links_are_below_the_clients_root(tmp_path: File) -> None:
    links = b'</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/3/0>'
    async with scene(tmp_path, "lwm2m=1.1", links=links) as one:
        one.device.script = lambda _: Response(CREATED, location=("lwm2m", "1", "7"))
        answer = answered(await management(one).create(ENDPOINT, Path(1), RESOURCES))
        assert answer.created == Path(1, 7)
        one.device.script = lambda _: Response(CONTENT, b"</lwm2m/3/0>;pmin=5", 40)
        found = answered(await management(one).discover(ENDPOINT, Path(3, 0)))
        assert found.links == (Link("/3/0", (("pmin", "5"),)),)


async def test_a_location_that_is_no_path_cannot_be_read(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = lambda _: Response(CREATED, location=("somewhere",))
        with pytest.raises(UnreadableAnswer, match="somewhere"):
            await management(one).create(ENDPOINT, Path(1), RESOURCES)


# --- composite -----------------------------------------------------------------------------------

PATHS = (Path(3, 0, 0), Path(1, 0, 1))


async def test_229_read_composite(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        payload = encode_values(SENML_CBOR, {PATHS[0]: "us", PATHS[1]: 300}, DEFINITIONS)
        one.device.script = lambda _: Response(CONTENT, payload, SENML_CBOR)
        answer = answered(await management(one).read_composite(ENDPOINT, PATHS))
        assert answer.records == (Record(PATHS[0], "us"), Record(PATHS[1], 300))
        (asked,) = one.device.asked
        assert isinstance(asked, ReadComposite)
        assert (asked.paths, asked.accept) == (PATHS, SENML_CBOR)
        assert named(asked.content_format, asked.payload) == PATHS


async def test_230_write_composite(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = lambda _: Response(CHANGED)
        told = {
            Path(1, 0): ObjectInstance.of(0, [Resource(1, 300)]),
            Path(3, 0, 14): Resource(14, "+02:00"),
        }
        assert answered(await management(one).write_composite(ENDPOINT, told)).ok
        values = {Path(1, 0, 1): 300, Path(3, 0, 14): "+02:00"}
        payload = encode_values(SENML_CBOR, values, DEFINITIONS)
        assert one.device.asked == [WriteComposite(payload, SENML_CBOR)]


# --- the rest, and what is refused before anything is sent ----------------------------------------


@pytest.mark.proves("delete-resource-instance")
async def test_what_has_one_form_is_that(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.2") as one:
        one.device.script = lambda _: Response(CHANGED)
        do = management(one)
        attributes = NotificationAttributes(pmin=5, edge=True)
        await do.execute(ENDPOINT, Path(3, 0, 4), "0='x',1")
        await do.delete(ENDPOINT, Path(1, 0))
        await do.delete(ENDPOINT, Path(3, 0, 6, 1))
        await do.discover(ENDPOINT, Path(3))
        await do.write_attributes(ENDPOINT, Path(3, 0, 9), attributes)
        assert one.device.asked == [
            Execute(Path(3, 0, 4), "0='x',1"),
            Delete(Path(1, 0)),
            Delete(Path(3, 0, 6, 1)),
            Discover(Path(3)),
            WriteAttributes(Path(3, 0, 9), attributes),
        ]


async def test_what_an_endpoint_cannot_know_is_refused_before_it_is_sent(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.0") as one:
        do = management(one)
        refused = [
            (do.read(ENDPOINT, Path()), "too short"),
            (do.write(ENDPOINT, Path(1), Object(1)), "too short"),
            (do.execute(ENDPOINT, Path(3, 0)), "too short"),
            (do.execute(ENDPOINT, Path(3, 0, 4, 0)), "too long"),
            (do.execute(ENDPOINT, Path(3, 0, 4), "x"), "arguments 'x'"),
            (do.create(ENDPOINT, Path(1, 0), RESOURCES), "too long"),
            (do.delete(ENDPOINT, Path(3, 0, 9)), "only that is deleted"),
            (do.delete(ENDPOINT, Path(3, 0, 6, 1)), "LwM2M 1.0; .* from 1.2 on"),
            (do.read_composite(ENDPOINT, PATHS), "LwM2M 1.0; .* from 1.1 on"),
            (do.observe_composite(ENDPOINT, PATHS), "LwM2M 1.0; .* from 1.1 on"),
            (
                do.write_composite(ENDPOINT, {LIFETIME: Resource(1, 3)}),
                "LwM2M 1.0; .* from 1.1 on",
            ),
            (
                do.write_attributes(ENDPOINT, LIFETIME, NotificationAttributes(epmin=1)),
                "epmin exists from 1.1 on",
            ),
            (
                do.write_attributes(ENDPOINT, LIFETIME, NotificationAttributes(con=True)),
                "con exists from 1.2 on",
            ),
            (
                do.write_attributes(ENDPOINT, Path(1, 0), NotificationAttributes(gt=1)),
                "gt is of a resource",
            ),
            (
                do.write_attributes(ENDPOINT, LIFETIME, NotificationAttributes()),
                "name an attribute",
            ),
            (
                do.write(ENDPOINT, LIFETIME, Resource(1, "x")),
                "'x'",
            ),
            (
                do.write(ENDPOINT, LIFETIME, Resource(1, 3), asking=Asking(OPAQUE)),
                "not Opaque",
            ),
            (do.write(ENDPOINT, LIFETIME, Resource(1, 3), asking=Asking(9999)), "9999"),
        ]
        for asked, words in refused:
            with pytest.raises(InvalidInput, match=words):
                await asked
        assert one.device.asked == []


async def test_composite_operations_name_each_path_once_and_not_too_many(tmp_path: File) -> None:
    async with scene(tmp_path, "lwm2m=1.1") as one:
        do = management(one)
        twice = {Path(1, 0): ObjectInstance.of(0, RESOURCES), LIFETIME: Resource(1, 3)}
        with pytest.raises(InvalidInput, match="one path at least"):
            await do.read_composite(ENDPOINT, ())
        with pytest.raises(InvalidInput, match="the most of one operation"):
            await do.read_composite(ENDPOINT, [Path(3, 0, n) for n in range(300)])
        with pytest.raises(InvalidInput, match="there twice"):
            await do.write_composite(ENDPOINT, twice)
        assert one.device.asked == []


@pytest.mark.proves("mute-send")
async def test_307_mute_send(tmp_path: File) -> None:
    """Resource 23 of Object 1 is a Boolean, which is all that a server does about it."""
    async with scene(tmp_path, "lwm2m=1.1") as one:
        one.device.script = lambda _: Response(CHANGED)
        assert answered(
            await management(one).write(ENDPOINT, Path(1, 0, 23), Resource(23, True))
        ).ok
        assert one.device.asked == [Write(Path(1, 0, 23), b"1", TEXT)]


@pytest.mark.parametrize(
    ("lwm2m", "links", "versions"),
    [
        ("1.0", b"</1/0>,</3/0>,</5/0>", {1: "1.0", 3: "1.0", 5: "1.0"}),
        ("1.1", b"</1/0>,</3/0>,</5/0>", {1: "1.1", 3: "1.1", 5: "1.0"}),
        ("1.1", b"</1/0>,</3>;ver=1.0,</5>;ver=1.1,</5/0>", {1: "1.1", 3: "1.0", 5: "1.1"}),
    ],
)
async def test_an_endpoint_is_read_by_the_object_versions_it_registered_with(
    tmp_path: File, lwm2m: str, links: bytes, versions: dict[int, str]
) -> None:
    async with scene(tmp_path, f"lwm2m={lwm2m}", links=links) as one:
        definitions = management(one).definitions_of(ENDPOINT)
        found = {number: str(definitions.object(number).version) for number in versions}
        assert found == versions
