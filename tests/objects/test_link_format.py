"""Link format: Register payloads as they come and as they are written."""

import tomllib
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.attributes import NAMES, NotificationAttributes
from objects.errors import InvalidLink
from objects.link_format import LARGEST_COUNT, LARGEST_PAYLOAD, Link, RegisterPayload, parse, write
from objects.path import Path

VECTORS = tomllib.loads((File(__file__).parent.parent / "vectors" / "link_format.toml").read_text())


def named(kind: str) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in VECTORS[kind]]


@pytest.mark.parametrize("row", named("case"))
def test_a_payload_means_what_is_offered_and_is_written_so(row: dict[str, Any]) -> None:
    offered = RegisterPayload(
        paths=tuple(map(Path.parse, row["paths"])),
        root=row.get("root", "/"),
        content_formats=tuple(row.get("content_formats", ())),
        versions=tuple((int(number), told) for number, told in row.get("versions", {}).items()),
    )
    assert RegisterPayload.parse(row["text"].encode()) == offered
    assert offered.write().decode() == row["written"]
    assert RegisterPayload.parse(offered.write()) == offered


@pytest.mark.parametrize("row", named("malformed"))
def test_a_malformed_payload_is_refused_with_a_reason(row: dict[str, Any]) -> None:
    with pytest.raises(InvalidLink, match=row["says"]):
        RegisterPayload.parse(row["text"].encode())


PATHS = st.lists(st.integers(0, 65534), min_size=1, max_size=2).map(lambda parts: Path(*parts))


@st.composite
def payloads(draw: st.DrawFn) -> RegisterPayload:
    paths = sorted(draw(st.sets(PATHS, max_size=8)))
    told = draw(st.sets(st.sampled_from([path.parts[0] for path in paths]))) if paths else set()
    return RegisterPayload(
        paths=tuple(paths),
        root=draw(st.sampled_from(["/", "/lwm2m", "/a/b"])),
        content_formats=tuple(draw(st.lists(st.integers(0, 65535), max_size=3))),
        versions=tuple((number, f"1.{number % 7}") for number in sorted(told)),
    )


@given(payload=payloads())
def test_every_payload_comes_back(payload: RegisterPayload) -> None:
    assert RegisterPayload.parse(payload.write()) == payload


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<>"), max_size=20)
LINKS = st.lists(
    st.builds(
        Link,
        TEXT,
        st.lists(
            st.tuples(st.sampled_from(["ver", "rt", "ct", "pmin"]), st.one_of(st.none(), TEXT)),
            max_size=4,
        ).map(tuple),
    ),
    max_size=4,
)


@given(links=LINKS)
def test_every_list_of_links_comes_back(links: list[Link]) -> None:
    assert parse(write(links)) == tuple(links)


@given(
    data=st.one_of(
        st.binary(), st.text(alphabet='<>;,="/\\ 3avert.omlw2', max_size=60).map(str.encode)
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    said = ""
    try:
        RegisterPayload.parse(data)
    except InvalidLink as error:
        said = str(error)
    assert len(said) < 300, "a message quotes a stranger at length"


HOSTILE = {
    "too many bytes": b"</3>" + b" " * LARGEST_PAYLOAD,
    "too many links": b",".join([b"</3>"] * (LARGEST_COUNT + 1)),
    "too many attributes": b"</3>" + b";a" * 33,
    "brackets": b"<" * LARGEST_PAYLOAD,
    "backslashes": b'</3>;a="' + b"\\" * 60_000,
    "spaces": b" " * 60_000 + b"x",
    "spaces in a link": b"</3>;a=b" + b" " * 60_000 + b"x",
    "a value without end": b"</3>;a=" + b"x" * 60_000 + b'"',
    "no UTF-8": b"</3>\xff",
}  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_payload_is_refused_briefly(data: bytes) -> None:
    with pytest.raises(InvalidLink) as raised:
        RegisterPayload.parse(data)
    assert len(str(raised.value)) < 150


def test_the_largest_list_is_read() -> None:
    text = ",".join(f"</26242/{number}>" for number in range(3000))
    assert len(text) <= LARGEST_PAYLOAD
    assert len(RegisterPayload.parse(text.encode()).paths) == 3000


def test_a_target_that_would_break_out_is_not_written() -> None:
    with pytest.raises(InvalidLink, match="cannot be the target"):
        write([Link("/3>,</4")])


def test_a_discover_tells_attributes() -> None:
    """OMA LwM2M Core 1.1 §6.3.2: the example of Discover /3/0."""
    links = parse(
        b"</3/0>;pmin=10;pmax=60,</3/0/1>,</3/0/2>,</3/0/6>;dim=8,"
        b'</3/0/7>;dim=8;gt=50;lt=42.2,</3/0/8>;dim=8;ver="1.1"'
    )
    assert [link.target for link in links] == ["/3/0", *(f"/3/0/{n}" for n in (1, 2, 6, 7, 8))]
    told = [
        NotificationAttributes.parse({n: v for n, v in link.attributes if n in NAMES})
        for link in links
    ]
    assert told[0] == NotificationAttributes(pmin=10, pmax=60)
    assert told[4] == NotificationAttributes(gt=50.0, lt=42.2)
    assert told[3] == told[5] == NotificationAttributes()
    assert links[5].get("ver") == "1.1"
