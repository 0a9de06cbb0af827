"""Reader of OMA object files (LwM2M DDF, the XML of the OMA registry, schema 1.0 and 1.1).

Files come from operators and vendors, so they are read as hostile: no document
type, no entities, nothing from elsewhere, and no more than `LARGEST_FILE` bytes.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, ParseError  # types only: defusedxml does the reading

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .definition import ObjectDefinition, Operations, ResourceDefinition, Version
from .errors import InvalidDefinition, shown
from .value import ResourceType

# The largest file of the OMA registry is about 100 KiB.
LARGEST_FILE: Final = 1024 * 1024

_OPERATIONS: Final[Mapping[str, Operations]] = {
    "": Operations.NONE,
    "R": Operations.READ,
    "W": Operations.WRITE,
    "RW": Operations.READ_WRITE,
    "WR": Operations.READ_WRITE,
    "E": Operations.EXECUTE,
}
_MULTIPLE: Final[Mapping[str, bool]] = {"single": False, "multiple": True}
_MANDATORY: Final[Mapping[str, bool]] = {"optional": False, "mandatory": True}

# Registered files write types in any case (`string`, `ObjLnk`), and `none` for no type.
_TYPES: Final[Mapping[str, ResourceType | None]] = {
    "": None,
    "none": None,
    **{one.lower(): one for one in ResourceType},
}


def read(data: bytes, source: str = "object file") -> tuple[ObjectDefinition, ...]:
    """Read the objects of one file; `source` names it in messages.

    Raises `InvalidDefinition`, naming the source and, where it is known, the
    object and the resource.
    """
    root = _parse(data, source)
    if root.tag != "LWM2M":
        raise InvalidDefinition(f"{source} holds {shown(root.tag)}, not LWM2M")
    objects = tuple(_object(element, source) for element in root.iterfind("Object"))
    if not objects:
        raise InvalidDefinition(f"{source} defines no object")
    return objects


def _parse(data: bytes, source: str) -> Element:
    if len(data) > LARGEST_FILE:
        raise InvalidDefinition(f"{source} has {len(data)} bytes; {LARGEST_FILE} is the most")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise InvalidDefinition(
            f"{source} declares a document type or entities; object files need neither"
        ) from None
    # Beside malformed XML: encodings that expat does not know or that lie.
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidDefinition(f"{source} is no XML: {error}") from None
    return root


def _object(element: Element, source: str) -> ObjectDefinition:
    identifier = _identifier(_text(element, "ObjectID"), f"{source}, ObjectID")
    where = f"{source}, object {identifier}"
    resources = dict[int, ResourceDefinition]()
    for item in element.iterfind("Resources/Item"):
        resource = _resource(item, where)
        if resource.id in resources:
            raise InvalidDefinition(f"{where} defines resource {resource.id} twice")
        resources[resource.id] = resource
    try:
        # Schema 1.0 has no ObjectVersion; absent it is 1.0.
        version = Version.parse(_text(element, "ObjectVersion") or "1.0")
    except InvalidDefinition as error:
        raise InvalidDefinition(f"{where}: {error}") from None
    return ObjectDefinition(
        id=identifier,
        name=_name(element, where),
        version=version,
        multiple=_word(element, "MultipleInstances", _MULTIPLE, where),
        mandatory=_word(element, "Mandatory", _MANDATORY, where),
        urn=_text(element, "ObjectURN"),
        description=_text(element, "Description1"),
        resources=dict(sorted(resources.items())),
    )


def _resource(item: Element, where: str) -> ResourceDefinition:
    identifier = _identifier(item.get("ID", ""), f"{where}, ID of an Item")
    where = f"{where}, resource {identifier}"
    operations = _OPERATIONS.get(_text(item, "Operations").upper())
    if operations is None:
        raise InvalidDefinition(f"{where}: Operations is {shown(_text(item, 'Operations'))}")
    return ResourceDefinition(
        id=identifier,
        name=_name(item, where),
        operations=operations,
        type=_type(item, operations, where),
        multiple=_word(item, "MultipleInstances", _MULTIPLE, where),
        mandatory=_word(item, "Mandatory", _MANDATORY, where),
        range=_text(item, "RangeEnumeration"),
        units=_text(item, "Units"),
        description=_text(item, "Description"),
    )


def _type(item: Element, operations: Operations, where: str) -> ResourceType | None:
    if operations is Operations.EXECUTE:
        return None  # what is executed holds no value; some files name a type all the same
    word = " ".join(_text(item, "Type").lower().split())
    resource_type = _TYPES.get(word)
    if resource_type is None:
        raise InvalidDefinition(f"{where}: Type is {shown(word)}, not one of the standard's")
    return resource_type


def _name(element: Element, where: str) -> str:
    name = " ".join(_text(element, "Name").split())
    if not name:
        raise InvalidDefinition(f"{where} has no Name")
    return name


def _word(element: Element, tag: str, meanings: Mapping[str, bool], where: str) -> bool:
    word = _text(element, tag)
    meaning = meanings.get(word.lower())
    if meaning is None:
        choice = " or ".join(meanings)
        raise InvalidDefinition(f"{where}: {tag} is {shown(word)}, not {choice}")
    return meaning


def _identifier(text: str, where: str) -> int:
    # 65535 is reserved (OMA LwM2M Core 1.1 §7.3).
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65534:
        raise InvalidDefinition(f"{where} is {shown(text)}, not a number of 0..65534")
    return int(text)


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()
