"""CoRE link format (RFC 6690): what a Register payload and a Discover answer are written in."""

from dataclasses import dataclass
from typing import Self

from .path import Path


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its target as written, and its attributes; a bare one has the value None."""

    target: str
    attributes: tuple[tuple[str, str | None], ...] = ()


def parse(data: bytes) -> tuple[Link, ...]:
    """Read a list of links. Raises `InvalidLink`."""
    raise NotImplementedError


def write(links: tuple[Link, ...]) -> bytes:
    """Write a list of links; values are quoted where they are no plain tokens."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RegisterPayload:
    """What an endpoint offers (OMA LwM2M Core 1.1 §6.2.1).

    `paths` are objects and object instances below `root`, in ascending order,
    each once. `versions` are object versions that were told, by ascending
    object. `content_formats` are the numbers of the root link's `ct`.
    """

    paths: tuple[Path, ...]
    root: str = "/"
    content_formats: tuple[int, ...] = ()
    versions: tuple[tuple[int, str], ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a Register payload. Raises `InvalidLink`.

        Links that are no LwM2M objects are left out.
        """
        raise NotImplementedError

    def write(self) -> bytes:
        """Write the payload as a client sends it."""
        raise NotImplementedError
