"""Links in the JSON of Leshan's demo: `{"url": "/3/0", "attributes": {"pmin": "10"}}`."""

import re
from collections.abc import Iterable
from typing import Any, Final

from objects.link_format import Link

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_QUOTED: Final = re.compile(r'(["\\])')


def to_json(links: Iterable[Link]) -> list[dict[str, Any]]:
    """Return links as they go out; attributes have the text of RFC 6690, quotes included."""
    return [
        {"url": link.target, "attributes": {name: _text(value) for name, value in link.attributes}}
        for link in links
    ]


def _text(value: str | None) -> str | None:
    if value is None or _NUMBER.fullmatch(value):
        return value
    return '"' + _QUOTED.sub(r"\\\1", value) + '"'
