"""Firmware that operators built themselves, kept byte for byte."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from .disk import Disk
from .errors import AlreadyExists, InvalidImage, InvalidName, NotFound
from .espidf import inspect_esp_idf, is_esp_idf
from .mcuboot import inspect, is_mcuboot
from .names import check_name
from .sealed import get_sealed, pick, put_sealed, sha256

_ABOUT = "firmware.json"
_IMAGE = "image.bin"
# 3/0/3 is a string, without a limit of its own; Object 5 gives versions 255.
_LONGEST_REPORT = 255
# Beyond any microcontroller's flash: what is larger is the wrong file.
_LARGEST = 64 * 1024 * 1024


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
    `project` are what the image says of itself; `image_hash` (hex) is the digest
    TLV of an MCUboot image, what 26241/10 says where a device offers it.
    """

    name: str
    version: str
    board: str | None
    reports: str | None
    format: FirmwareFormat
    sha256: str
    size: int
    image_version: str | None = None
    project: str | None = None
    image_hash: str | None = None


class FirmwareRoom:
    """The room of foreign firmware: `firmware/<name>/<version>/`."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def add(
        self,
        data: bytes,
        *,
        name: str,
        version: str,
        board: str | None = None,
        reports: str | None = None,
    ) -> Firmware:
        """Keep `data`; raises `InvalidImage` for a recognised but unsound image.

        The same entry again is no change; another under that name and version raises
        `AlreadyExists`.
        """
        check_name("firmware", name)
        check_name("firmware version", version)
        if board is not None:
            check_name("board", board)
        if reports is not None and not 0 < len(reports.encode()) <= _LONGEST_REPORT:
            raise InvalidName(f"what 3/0/3 will report is 1 to {_LONGEST_REPORT} bytes of text")
        entry = Firmware(
            name=name,
            version=version,
            board=board,
            reports=reports,
            sha256=sha256(data),
            size=len(data),
            **_recognise(data),
        )
        about = json.dumps(asdict(entry), indent=2, sort_keys=True).encode()
        if put_sealed(self._disk, _folder(name, version), {_IMAGE: data, _ABOUT: about}):
            return entry
        if self.get(name, version) != entry:
            raise AlreadyExists(
                f"firmware {name}@{version} is stored already, with other bytes, board or"
                " report: give it another version"
            )
        return entry

    def list(self) -> tuple[Firmware, ...]:
        """Return all entries, sorted by name and version; raises `Damaged`."""
        return tuple(
            self.get(name, version)
            for name in self._disk.names("firmware")
            for version in self._disk.names(f"firmware/{name}")
        )

    def get(self, name: str, version: str) -> Firmware:
        """Return an entry; raises `NotFound`, `Damaged`."""
        return _entry(self._file(name, version, _ABOUT))

    def read(self, name: str, version: str) -> bytes:
        """Return its bytes, checked; raises `NotFound`, `Damaged`."""
        return self._file(name, version, _IMAGE)

    def _file(self, name: str, version: str, file: str) -> bytes:
        check_name("firmware", name)
        check_name("firmware version", version)
        files = get_sealed(self._disk, _folder(name, version), only=(file,))
        if files is None:
            raise NotFound(f"no firmware {name}@{version}: add it with `tinymlaas firmware add`")
        return pick(files, file, _folder(name, version))


def _folder(name: str, version: str) -> str:
    return f"firmware/{name}/{version}"


def _recognise(data: bytes) -> dict[str, Any]:
    """Return the fields of `Firmware` that the bytes themselves tell; raises `InvalidImage`."""
    if not 0 < len(data) <= _LARGEST:
        raise InvalidImage(f"the firmware file has {len(data)} B; 1 to {_LARGEST} can be stored")
    if is_mcuboot(data):
        info = inspect(data)
        if info.hash_ok is False:
            raise InvalidImage("the MCUboot image does not have the digest that it tells")
        return {
            "format": FirmwareFormat.MCUBOOT,
            "image_version": str(info.version),
            "image_hash": info.hash.hex(),
        }
    if is_esp_idf(data):
        app = inspect_esp_idf(data)
        return {
            "format": FirmwareFormat.ESP_IDF,
            "image_version": app.version,
            "project": app.project,
        }
    return {"format": FirmwareFormat.OPAQUE}


def _entry(about: bytes) -> Firmware:
    fields = json.loads(about)
    return Firmware(**{**fields, "format": FirmwareFormat(fields["format"])})
