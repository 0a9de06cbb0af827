"""Base 64 (RFC 4648) as JSON carries bytes: written by the rule, read in every spelling."""

import base64
import re
from typing import Final

from ..errors import InvalidValue, shown

_SPELLING: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_TO_URL: Final = str.maketrans("+/", "-_")


def read(content: object) -> bytes:
    """Read text of either alphabet, with padding or without. Raises `InvalidValue`."""
    if not isinstance(content, str) or _SPELLING.fullmatch(content) is None:
        raise InvalidValue(f"{shown(content)} is no text of base 64")
    text = content.rstrip("=").translate(_TO_URL)
    if len(text) % 4 == 1:
        raise InvalidValue(f"{shown(content)} is cut short: no bytes of base 64 end so")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def write_url(content: bytes) -> str:
    """Write the alphabet for URLs, without padding (§5, §3.2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def write(content: bytes) -> str:
    """Write the common alphabet, with padding (§4)."""
    return base64.b64encode(content).decode()
