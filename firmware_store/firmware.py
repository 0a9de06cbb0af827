"""Firmware that operators built themselves, kept byte for byte."""

from dataclasses import dataclass
from enum import StrEnum

from .disk import Disk


class FirmwareFormat(StrEnum):
    """What the bytes are, as far as we can tell."""

    MCUBOOT = "mcuboot"
    ESP_IDF = "esp-idf"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Firmware:
    """A stored program of an operator's own.

    `reports` is what 3/0/3 is expected to say after the update, None where nobody
    told. `sha256` (hex) and `size` are those of the file. `image_version` and
    `project` are what the image says of itself; `image_hash` is the digest TLV of an
    MCUboot image, what 26241/10 says where a device offers it.
    """

    name: str
    version: str
    board: str
    reports: str | None
    format: FirmwareFormat
    sha256: str
    size: int
    image_version: str | None = None
    project: str | None = None
    image_hash: bytes | None = None


class FirmwareRoom:
    """The room of foreign firmware: `firmware/<name>/<version>/`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def add(
        self, data: bytes, *, name: str, version: str, board: str, reports: str | None = None
    ) -> Firmware:
        """Keep `data`; raises `InvalidImage` for a recognised but unsound image.

        The same entry again is no change; another under that name and version raises
        `AlreadyExists`.
        """
        raise NotImplementedError

    def list(self) -> tuple[Firmware, ...]:
        """Return all entries, sorted by name and version."""
        raise NotImplementedError

    def get(self, name: str, version: str) -> Firmware:
        """Return an entry; raises `NotFound`."""
        raise NotImplementedError

    def read(self, name: str, version: str) -> bytes:
        """Return its bytes, checked; raises `NotFound`, `Damaged`."""
        raise NotImplementedError
