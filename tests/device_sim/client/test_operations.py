"""What operators can ask beyond models: composite, attributes, instances, by their ETS numbers."""

from typing import Final

import pytest

from device_sim.client.requests import Method
from objects import codecs, link_format
from objects.codecs import ContentFormat
from objects.path import Path
from objects.registry import Registry
from objects.tree import Object, ObjectInstance, Resource, ResourceInstance

from .test_management import (
    BAD_REQUEST,
    CHANGED,
    CONTENT,
    NOT_ACCEPTABLE,
    NOT_ALLOWED,
    NOT_FOUND,
    UNSUPPORTED,
    Bench,
)

REGISTRY: Final = Registry.standard()
CREATED, DELETED = 0x41, 0x42
COMPOSITE = sorted(codecs.composite())
TLV, LINK, SENML_CBOR = ContentFormat.TLV, ContentFormat.LINK, ContentFormat.SENML_CBOR


async def written(it: Bench, values: dict[Path, codecs.Value], form: int = SENML_CBOR) -> int:
    payload = codecs.encode_values(form, values, REGISTRY)
    return (await it.ask(Method.IPATCH, "/", payload, form)).code


async def attributes(it: Bench, path: str, of: str) -> dict[str, str | None]:
    reply = await it.read(path, LINK)
    assert (reply.code, reply.content_format) == (CONTENT, LINK)
    (link,) = [one for one in link_format.parse(reply.payload) if one.target == of]
    return dict(link.attributes)


@pytest.mark.parametrize("form", COMPOSITE)
async def test_229_read_composite(form: int) -> None:
    paths = [Path(3, 0, 0), Path(1, 0, 1), Path(16, 0), Path(9), Path(5, 0, 2)]
    payload = codecs.encode_paths(form, paths)
    reply = await Bench().ask(Method.FETCH, "/", payload, form)
    assert reply.code == CONTENT
    records = codecs.decode_records(reply.content_format, reply.payload, REGISTRY, 0.0)
    assert {record.path: record.value for record in records} == {
        Path(3, 0, 0): "TinyMLaaS",
        Path(1, 0, 1): 300,
        Path(16, 0, 0, 0): "m4",
        Path(16, 0, 0, 1): "sim-m4",
    }


@pytest.mark.parametrize(
    ("paths", "form", "accept", "code"),
    [
        (["/9", "/5/0/2"], SENML_CBOR, None, NOT_FOUND),
        (["/3/0/0"], SENML_CBOR, ContentFormat.TLV, NOT_ACCEPTABLE),
        ([], SENML_CBOR, None, BAD_REQUEST),
    ],
)
async def test_229_read_composite_of_what_cannot_be_had(
    paths: list[str], form: int, accept: int | None, code: int
) -> None:
    payload = codecs.encode_paths(form, [Path.parse(path) for path in paths])
    reply = await Bench().ask(Method.FETCH, "/", payload, form, accept=accept)
    assert reply.code == code


async def test_a_composite_in_a_format_of_one_path_is_refused() -> None:
    assert (await Bench().ask(Method.FETCH, "/", b"1", TLV)).code == UNSUPPORTED
    assert (await Bench().ask(Method.IPATCH, "/", b"1", TLV)).code == UNSUPPORTED


@pytest.mark.parametrize("form", COMPOSITE)
async def test_230_write_composite(form: int) -> None:
    it = Bench()
    assert await written(it, {Path(1, 0, 1): 60, Path(16, 0, 0, 3): "new"}, form) == CHANGED
    assert it.machine.memory.lifetime == 60
    assert it.held.portfolio.instances[0] == {0: "m4", 1: "sim-m4", 3: "new"}


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (Path(3, 0, 0), "x", NOT_ALLOWED),
        (Path(1, 0, 1), 0, BAD_REQUEST),
        (Path(1, 7, 1), 60, NOT_FOUND),
        (Path(5, 0, 1), "coap://other/fw", NOT_ALLOWED),
    ],
)
async def test_230_write_composite_writes_all_or_nothing(
    path: Path, value: codecs.Value, code: int
) -> None:
    it = Bench()
    first = {Path(16, 0, 0, 0): "changed", Path(1, 0, 23): True}
    assert await written(it, {**first, path: value}) == code
    assert it.held.portfolio.instances[0][0] == "m4"
    assert (it.held.muted, it.machine.memory.lifetime) == (False, None)


async def test_261_write_attributes_are_shown_by_discover() -> None:
    it = Bench()
    for path, query in [
        ("/3303", ("pmin=5",)),
        ("/3303/0", ("pmax=60",)),
        ("/3303/0/5700", ("gt=30", "st=1")),
    ]:
        assert await it.write(path, b"", None, query=query) == CHANGED
    # OMA LwM2M Core 1.1 §5.4.2: what is above belongs to a resource asked for by itself.
    whole = {"pmin": "5", "pmax": "60", "gt": "30.0", "st": "1.0"}
    assert await attributes(it, "/3303/0/5700", "/3303/0/5700") == whole
    own = {"gt": "30.0", "st": "1.0"}
    assert await attributes(it, "/3303", "/3303/0/5700") == own
    assert await attributes(it, "/3303", "/3303") == {"pmin": "5"}
    assert await it.write("/3303/0/5700", b"", None, query=("gt", "pmin=1")) == CHANGED
    own = {"pmin": "1", "st": "1.0"}
    assert await attributes(it, "/3303/0", "/3303/0/5700") == own
    assert await it.write("/3303/0/5700", b"", None, query=("pmax=1", "pmin=2")) == BAD_REQUEST
    assert await attributes(it, "/3303/0", "/3303/0/5700") == own


async def test_the_dimension_of_a_multiple_resource_is_shown() -> None:
    assert await attributes(Bench(), "/16/0", "/16/0/0") == {"dim": "2"}


async def test_periods_of_object_1_stand_in_for_attributes() -> None:
    it = Bench()
    assert await it.write("/1/0/2", b"3", ContentFormat.TEXT) == CHANGED
    assert it.held.attributes.of(Path(3303, 0, 5700)).pmin == 3
    assert await it.write("/1/0/3", b"1", ContentFormat.TEXT) == BAD_REQUEST
    assert (await it.read("/1/0/2", ContentFormat.TEXT)).payload == b"3"


IDENTITY = Resource.multiple(0, {0: "board-7"})


@pytest.mark.parametrize("form", [TLV, SENML_CBOR, ContentFormat.SENML_JSON])
async def test_1630_create_portfolio_instance(form: int) -> None:
    it = Bench()
    new = Object(16, (ObjectInstance(5, (IDENTITY,)),))
    payload = codecs.encode(form, Path(16), new, REGISTRY)
    reply = await it.ask(Method.POST, "/16", payload, form)
    assert (reply.code, reply.location) == (CREATED, ("16", "5"))
    assert it.held.portfolio.instances[5] == {0: "board-7"}
    assert ("update", None) in it.asked  # the server is told of the instance
    assert (await it.ask(Method.POST, "/16", payload, form)).code == BAD_REQUEST


async def test_of_bare_resources_the_device_chooses_the_instance() -> None:
    it = Bench()
    payload = codecs.encode(TLV, Path(16, 0), ObjectInstance(0, (IDENTITY,)), REGISTRY)
    reply = await it.ask(Method.POST, "/16", payload, TLV)
    assert (reply.code, reply.location) == (CREATED, ("16", "1"))
    assert (await it.ask(Method.POST, "/3", payload, TLV)).code == NOT_ALLOWED


async def test_1635_delete_portfolio_instance() -> None:
    it = Bench()
    await it.write("/16/0", b"", None, query=("pmin=5",))
    assert (await it.ask(Method.DELETE, "/16/0")).code == DELETED
    assert (await it.ask(Method.DELETE, "/16/0")).code == NOT_FOUND
    assert it.held.attributes.own(Path(16, 0)).pmin is None
    assert Path(16) in it.view().instances
    for path in ("/3/0", "/16", "/16/0/0"):
        assert (await it.ask(Method.DELETE, path)).code == NOT_ALLOWED


@pytest.mark.parametrize(
    ("method", "left"),
    [(Method.PUT, {0: "board-7"}), (Method.POST, {0: "board-7", 1: "sim-m4"})],
)
async def test_an_instance_is_replaced_or_updated(method: Method, left: dict[int, str]) -> None:
    it = Bench()
    payload = codecs.encode(TLV, Path(16, 0), ObjectInstance(0, (IDENTITY,)), REGISTRY)
    assert (await it.ask(method, "/16/0", payload, TLV)).code == CHANGED
    assert it.held.portfolio.instances[0] == left


async def test_a_resource_instance_is_read_and_written() -> None:
    it = Bench()
    one = codecs.encode(SENML_CBOR, Path(16, 0, 0, 1), ResourceInstance(1, "x"), REGISTRY)
    assert await it.write("/16/0/0/1", one, SENML_CBOR) == CHANGED
    assert (await it.read("/16/0/0/1", ContentFormat.TEXT)).payload == b"x"
    assert await it.write("/3/0/11/0", b"1", ContentFormat.TEXT) == NOT_ALLOWED


async def test_the_bootstrap_trigger_reaches_the_session() -> None:
    it = Bench()
    assert await it.execute("/1/0/9") == CHANGED
    assert it.asked == [("bootstrap", None)]
