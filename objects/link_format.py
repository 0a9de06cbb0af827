"""CoRE link format (RFC 6690): what a Register payload and a Discover answer are written in."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from .definition import Version
from .errors import InvalidDefinition, InvalidLink, InvalidPath, shown
from .path import Path

# A device offers tens of instances; a gateway may offer hundreds.
LARGEST_PAYLOAD: Final = 64 * 1024
LARGEST_COUNT: Final = 4096
_MOST_ATTRIBUTES: Final = 32

# RFC 6690 §2: `link = "<" URI-Reference ">" *( ";" link-param )`. A value is a token
# or a quoted string, in which a backslash quotes the character after it.
_TARGET: Final = re.compile(r"\s*<([^<>]*)>\s*")
_ATTRIBUTE: Final = re.compile(
    r""";\s*([A-Za-z0-9!#$&+\-.^_`|~*]+)\s*
        (?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*)))?\s*""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN: Final = re.compile(r"[0-9]+")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

_ROOT_TYPE: Final = "oma.lwm2m"  # OMA LwM2M Core 1.1 §6.2: the `rt` of the alternate root


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its target as written, and its attributes; a bare one has the value None."""

    target: str
    attributes: tuple[tuple[str, str | None], ...] = ()

    def get(self, name: str) -> str | None:
        """Return the value of the first attribute of that name, None where there is none."""
        return next((value for key, value in self.attributes if key == name), None)


def parse(data: bytes) -> tuple[Link, ...]:
    """Read a list of links; an empty payload is an empty list. Raises `InvalidLink`."""
    if len(data) > LARGEST_PAYLOAD:
        raise InvalidLink(f"links take {len(data)} bytes; {LARGEST_PAYLOAD} is the most")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidLink(f"links are no UTF-8 (at byte {error.start})") from None
    return tuple(_links(text)) if text.strip() else ()


def write(links: Iterable[Link]) -> bytes:
    """Write a list of links; all values but numbers are quoted. Raises `InvalidLink`."""
    return ",".join(_written(link) for link in links).encode()


def _links(text: str) -> Iterator[Link]:
    position = 0
    for count in range(1, LARGEST_COUNT + 1):
        target = _TARGET.match(text, position)
        if target is None:
            raise InvalidLink(f"link {count} does not begin with a target: {_rest(text, position)}")
        attributes, position = _attributes(text, target.end())
        yield Link(target[1], attributes)
        if position == len(text):
            return
        if text[position] != ",":
            raise InvalidLink(f"link {count} goes on with {_rest(text, position)}")
        position += 1
    raise InvalidLink(f"there are more than {LARGEST_COUNT} links")


def _attributes(text: str, position: int) -> tuple[tuple[tuple[str, str | None], ...], int]:
    found = list[tuple[str, str | None]]()
    while match := _ATTRIBUTE.match(text, position):
        name, quoted, token = match.groups()
        found.append((name, token if quoted is None else _ESCAPED.sub(r"\1", quoted)))
        position = match.end()
        if len(found) > _MOST_ATTRIBUTES:
            raise InvalidLink(f"a link has more than {_MOST_ATTRIBUTES} attributes")
    return tuple(found), position


def _written(link: Link) -> str:
    if not _TARGET.fullmatch(f"<{link.target}>"):
        raise InvalidLink(f"{shown(link.target)} cannot be the target of a link")
    text = f"<{link.target}>"
    for name, value in link.attributes:
        text += f";{name}" if value is None else f";{name}={_quoted(value)}"
    return text


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'


def _rest(text: str, position: int) -> str:
    return shown(text[position : position + 40])


@dataclass(frozen=True, slots=True)
class RegisterPayload:
    """What an endpoint offers (OMA LwM2M Core 1.1 §6.2.1).

    `paths` are objects and object instances, ascending, each once; on the wire
    they stand below `root`. `versions` are the object versions that were told,
    by ascending object. `content_formats` are the numbers of the root's `ct`.
    """

    paths: tuple[Path, ...]
    root: str = "/"
    content_formats: tuple[int, ...] = ()
    versions: tuple[tuple[int, str], ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a Register payload. Raises `InvalidLink`.

        Links that are no objects or object instances below the root are of other
        applications and passed over.
        """
        links = parse(data)
        root_link = _root_link(links)
        root = "/" if root_link is None else _root(root_link.target)
        paths = set[Path]()
        versions = dict[int, str]()
        for link in links:
            path = _path(link.target, root)
            if path is None or path.object_id is None:
                continue
            paths.add(path)
            if (version := link.get("ver")) is not None:
                versions[path.object_id] = _version(version, path)
        return cls(
            paths=tuple(sorted(paths)),
            root=root,
            content_formats=() if root_link is None else _content_formats(root_link),
            versions=tuple(sorted(versions.items())),
        )

    def write(self) -> bytes:
        """Write the payload as a client sends it, each version at its object's first link."""
        links = list[Link]()
        if self.root != "/" or self.content_formats:
            links.append(Link(self.root, tuple(self._root_attributes())))
        untold = dict(self.versions)
        below = self.root.rstrip("/")
        for path in sorted(self.paths):
            version = untold.pop(path.parts[0], None)
            links.append(Link(f"{below}{path}", () if version is None else (("ver", version),)))
        return write(links)

    def _root_attributes(self) -> Iterator[tuple[str, str]]:
        yield "rt", _ROOT_TYPE
        if self.content_formats:
            yield "ct", " ".join(str(number) for number in self.content_formats)


def _root_link(links: Iterable[Link]) -> Link | None:
    plain = None
    for link in links:
        if _ROOT_TYPE in (link.get("rt") or "").split():
            return link
        if link.target == "/" and plain is None:
            plain = link  # Zephyr tells `</>;ct=112` without its type
    return plain


def _root(target: str) -> str:
    root = "/" + target.strip("/")
    if not target.startswith("/"):
        raise InvalidLink(f"the root {shown(target)} is no absolute path")
    return root


def _path(target: str, root: str) -> Path | None:
    """Return the object or object instance that `target` names below `root`, else None."""
    below = target if root == "/" else target.removeprefix(root)
    if not below.startswith("/") or (root != "/" and below == target):
        return None
    try:
        path = Path.parse(below)
    except InvalidPath:
        return None
    return path if len(path.parts) in {1, 2} else None


def _version(text: str, path: Path) -> str:
    try:
        return str(Version.parse(text))
    except InvalidDefinition as error:
        raise InvalidLink(f"version of {path}: {error}") from None


def _content_formats(root: Link) -> tuple[int, ...]:
    words: Sequence[str] = (root.get("ct") or "").split()
    for word in words:
        if not re.fullmatch(r"[0-9]{1,5}", word) or int(word) > 65535:
            raise InvalidLink(f"content format {shown(word)} of the root is no number of 0..65535")
    return tuple(int(word) for word in words)
