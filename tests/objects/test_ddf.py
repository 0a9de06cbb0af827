"""Object files: what is read of one, and what is refused in one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objects.ddf import LARGEST_FILE, read
from objects.definition import Operations, Version
from objects.errors import InvalidDefinition
from objects.value import ResourceType

FILE = """<?xml version="1.0" encoding="utf-8"?>
<!-- a comment -->
<LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="http://www.openmobilealliance.org/tech/profiles/LWM2M-v1_1.xsd">
  <Object ObjectType="MODefinition">
    <Name>Pump</Name>
    <Description1><![CDATA[Moves water.]]></Description1>
    <ObjectID>32000</ObjectID>
    <ObjectURN>urn:oma:lwm2m:x:32000:1.1</ObjectURN>
    <LWM2MVersion>1.1</LWM2MVersion>
    <ObjectVersion>1.1</ObjectVersion>
    <MultipleInstances>Multiple</MultipleInstances>
    <Mandatory>Optional</Mandatory>
    <Resources>
      <Item ID="7">
        <Name>Stop</Name>
        <Operations>E</Operations>
        <MultipleInstances>Single</MultipleInstances>
        <Mandatory>Optional</Mandatory>
        <Type></Type>
        <RangeEnumeration></RangeEnumeration>
        <Units></Units>
        <Description></Description>
      </Item>
      <Item ID="0">
        <Name>Flow  Rate</Name>
        <Operations>RW</Operations>
        <MultipleInstances>Multiple</MultipleInstances>
        <Mandatory>Mandatory</Mandatory>
        <Type>Unsigned Integer</Type>
        <RangeEnumeration>0..9</RangeEnumeration>
        <Units>l/s</Units>
        <Description>How much.</Description>
      </Item>
    </Resources>
    <Description2></Description2>
  </Object>
</LWM2M>
"""


def test_all_that_a_file_says_is_read() -> None:
    (pump,) = read(FILE.encode())
    assert (pump.id, pump.name, pump.version) == (32000, "Pump", Version(1, 1))
    assert (pump.multiple, pump.mandatory) == (True, False)
    assert pump.urn == "urn:oma:lwm2m:x:32000:1.1"
    assert pump.description == "Moves water."
    assert list(pump.resources) == [0, 7]
    flow, stop = pump.resources.values()
    assert (flow.id, flow.name, flow.operations) == (0, "Flow Rate", Operations.READ_WRITE)
    assert (flow.type, flow.multiple, flow.mandatory) == (ResourceType.UNSIGNED_INTEGER, True, True)
    assert (flow.range, flow.units, flow.description) == ("0..9", "l/s", "How much.")
    assert (stop.operations, stop.type) == (Operations.EXECUTE, None)


def test_a_file_may_define_several_objects() -> None:
    second = FILE[FILE.index("  <Object") : FILE.index("</LWM2M>")].replace("32000", "32001")
    both = FILE.replace("</LWM2M>", f"{second}</LWM2M>")
    assert [one.id for one in read(both.encode())] == [32000, 32001]


@pytest.mark.parametrize(
    ("old", "new", "version"),
    [
        # Schema 1.0 knows no versions of objects.
        ("    <ObjectVersion>1.1</ObjectVersion>\n", "", Version(1, 0)),
        ("<ObjectVersion>1.1<", "<ObjectVersion>2.0<", Version(2, 0)),
    ],
)
def test_the_version_is_1_0_where_none_is_told(old: str, new: str, version: Version) -> None:
    assert read(FILE.replace(old, new).encode())[0].version == version


@pytest.mark.parametrize("written", ["string", "STRING", " String "])
def test_types_are_read_in_any_case(written: str) -> None:
    (pump,) = read(FILE.replace("Unsigned Integer", written).encode())
    assert pump.resources[0].type is ResourceType.STRING


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings_that_xml_knows_are_read(encoding: str) -> None:
    text = FILE.replace("utf-8", encoding).replace("Moves", "Fördert")
    assert read(text.encode(encoding))[0].description == "Fördert water."


EDITS: dict[str, tuple[Callable[[str], str], str]] = {
    "no object id": (lambda f: f.replace("<ObjectID>32000</ObjectID>", ""), "ObjectID is ''"),
    "an object id too large": (
        lambda f: f.replace(">32000<", ">65535<"),
        "pump.xml, ObjectID is '65535', not a number of 0..65534",
    ),
    "an object id of words": (lambda f: f.replace(">32000<", ">many<"), "ObjectID is 'many'"),
    "a resource id of none": (lambda f: f.replace('ID="0"', ""), "ID of an Item is ''"),
    "a resource twice": (
        lambda f: f.replace('ID="7"', 'ID="0"'),
        "object 32000 defines resource 0 twice",
    ),
    "no name": (lambda f: f.replace("<Name>Pump</Name>", ""), "object 32000 has no Name"),
    "an unknown type": (
        lambda f: f.replace("Unsigned Integer", "Colour"),
        "resource 0: Type is 'colour'",
    ),
    "no type for a value": (
        lambda f: f.replace("Unsigned Integer", ""),
        "resource 0: Type is ''",
    ),
    "unknown operations": (
        lambda f: f.replace(">RW<", ">RX<"),
        "resource 0: Operations is 'RX'",
    ),
    "an unknown multiplicity": (
        lambda f: f.replace("<MultipleInstances>Single<", "<MultipleInstances>Few<"),
        "resource 7: MultipleInstances is 'Few', not single or multiple",
    ),
    "an unknown obligation": (
        lambda f: f.replace("<Mandatory>Mandatory<", "<Mandatory>Maybe<"),
        "resource 0: Mandatory is 'Maybe', not optional or mandatory",
    ),
    "a version of words": (
        lambda f: f.replace("<ObjectVersion>1.1<", "<ObjectVersion>new<"),
        "object 32000: 'new' is no object version",
    ),
    "another root": (lambda f: f.replace("LWM2M", "html"), "holds 'html', not LWM2M"),
    "no object": (lambda _: "<LWM2M/>", "pump.xml defines no object"),
    "cut short": (lambda f: f[:500], "pump.xml is no XML"),
    "no XML": (lambda _: "model", "pump.xml is no XML"),
    "nothing": (lambda _: "", "pump.xml is no XML"),
}


@pytest.mark.parametrize(("edit", "says"), EDITS.values(), ids=EDITS)
def test_a_fault_is_named_with_its_place(edit: Callable[[str], str], says: str) -> None:
    broken = edit(FILE)
    assert broken != FILE
    with pytest.raises(InvalidDefinition, match=says):
        read(broken.encode(), "pump.xml")


def declared(subset: str, name: str) -> bytes:
    head, _, rest = FILE.partition("<LWM2M")
    return f"{head}<!DOCTYPE LWM2M [{subset}]><LWM2M{rest}".replace("Pump", f"&{name};").encode()


LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
)

HOSTILE = {
    "a file of the host": declared('<!ENTITY x SYSTEM "file:///etc/passwd">', "x"),
    "a page of the network": declared('<!ENTITY x SYSTEM "http://127.0.0.1:9/">', "x"),
    "a billion laughs": declared(LAUGHS, "a11"),
    "quadratic blow-up": declared(f'<!ENTITY x "{"a" * 100_000}">', "x;" * 5000 + "&x"),
    "parameter entities": declared('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;', "x"),
    "a document type from elsewhere": FILE.replace(
        "<LWM2M", '<!DOCTYPE LWM2M SYSTEM "http://127.0.0.1:9/x.dtd"><LWM2M', 1
    ).encode(),
    "elements in elements": b"<LWM2M>" + b"<Object>" * 120_000,
    "elements in elements, all closed": b"<a>" * 140_000 + b"</a>" * 140_000,
    "a huge file": FILE.encode() + b" " * LARGEST_FILE,
    "an encoding that nobody knows": b'<?xml version="1.0" encoding="klingon"?><LWM2M/>',
    "an encoding of several bytes": b'<?xml version="1.0" encoding="utf-7"?><LWM2M/>',
    "an encoding that lies": FILE.encode("utf-16")[2:],
    "bytes that are no text": b"<LWM2M>\xff\xfe\x00</LWM2M>",
    "zeros": bytes(1000),
    "a tag of a hundred thousand letters": b"<" + b"a" * 100_000 + b"/>",
    "a value of a hundred thousand letters": FILE.replace("RW", "R" * 100_000).encode(),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_briefly(data: bytes) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        read(data, "hostile.xml")
    assert str(raised.value).startswith("hostile.xml")
    assert len(str(raised.value)) < 250


@given(position=st.integers(0, len(FILE) - 1), byte=st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused(position: int, byte: int) -> None:
    data = FILE.encode()
    try:
        found = read(data[:position] + bytes([byte]) + data[position + 1 :])
    except InvalidDefinition:
        return
    assert len(found) == 1
