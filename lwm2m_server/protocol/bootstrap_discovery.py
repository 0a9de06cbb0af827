"""What a Bootstrap-Discover tells (OMA LwM2M Core 1.2 §6.1.7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from objects.errors import InvalidPath
from objects.link_format import parse
from objects.path import Path

from .security_object import OBJECT_ID as SECURITY

# 1.0 begins the list with `lwm2m="1.0"`, which is no link; 1.1 with `</>;lwm2m=1.1`.
_OLD_VERSION: Final = re.compile(rb'\s*lwm2m\s*=\s*"?([0-9]\.[0-9])"?\s*(?:,|$)')
_VERSION: Final = re.compile(r"[0-9]\.[0-9]")
_LARGEST: Final = 1024  # instances of Object 0 that are looked at


@dataclass(frozen=True, slots=True)
class Discovered:
    """What an endpoint has of Object 0.

    `account` is the instance of the bootstrap server's own account, None where that is not
    told: the one without a short server id. `version` is the LwM2M version, where told.
    """

    account: int | None = None
    taken: frozenset[int] = frozenset()
    version: str | None = None

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read the answer to a Discover of `/0`. Raises `InvalidLink`."""
        old = _OLD_VERSION.match(payload)
        version = None if old is None else old[1].decode()
        links = parse(payload if old is None else payload[old.end() :])
        without, taken = list[int](), set[int]()
        for link in links[:_LARGEST]:
            told = link.get("lwm2m")
            if told is not None and _VERSION.fullmatch(told):
                version = told
            for instance in _instance(link.target):
                taken.add(instance)
                if link.get("ssid") is None:
                    without.append(instance)
        # A client of before attributes tells of none: then each might be the one.
        account = without[0] if len(without) == 1 else None
        return cls(account, frozenset(taken), version)


NOTHING_TOLD: Final = Discovered()


def _instance(target: str) -> Iterator[int]:
    try:
        path = Path.parse(target)
    except InvalidPath:
        return
    if path.object_id == SECURITY and path.instance_id is not None and len(path.parts) == 2:
        yield path.instance_id
