"""What builds yield, kept by build key, with the images signed from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .disk import Disk

Vectors = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a build yielded, as it was proven.

    `key` is the build key (SHA-256, hex). `binary` is the flat image payload.
    `report` and `provenance` hold only what JSON can. `sources` maps file names to
    generated C. `vectors` are the self-test's (input, output) pairs, all tensors in
    model order, little endian, no padding. `target` is the target's name.
    """

    key: str
    binary: bytes = field(repr=False)
    report: Mapping[str, Any] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    vectors: Vectors = field(repr=False)
    model_sha256: str
    target: str
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Artifacts:
    """The room of artifacts: `artifacts/<build key>/`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def put(self, artifact: Artifact) -> None:
        """Store `artifact` whole or not at all; what is there already stays as it is."""
        raise NotImplementedError

    def get(self, key: str) -> Artifact:
        """Return the artifact, each file checked; raises `NotFound`, `Damaged`."""
        raise NotImplementedError

    def list(self) -> tuple[str, ...]:
        """Return the build keys, sorted."""
        raise NotImplementedError

    def __contains__(self, key: str) -> bool:
        raise NotImplementedError

    def put_image(self, key: str, key_hash: bytes, version: str, image: bytes) -> None:
        """Store the image signed from artifact `key`; raises `NotFound`, `AlreadyExists`."""
        raise NotImplementedError

    def get_image(self, key: str, key_hash: bytes, version: str) -> bytes:
        """Return the signed image, checked; raises `NotFound`, `Damaged`."""
        raise NotImplementedError
