"""What an operator can set: by option, else by environment, else a default."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .protocol.deployment import RULES

COAP_PORT = 5683  # RFC 7252 §6.1
HTTP_PORT = 8080


def default_data() -> Path:
    """Return the data folder: TINYMLAAS_DATA, else below the user's XDG data home."""
    if told := os.environ.get("TINYMLAAS_DATA"):
        return Path(told)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "tinymlaas"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server runs. Times are in seconds; port 0 lets the system choose.

    `coap_public` is the host (and port) that devices reach the server by, where
    that is another than the address their own packets arrived at (NAT, containers).
    `allow_nosec` admits endpoints that have no credential: whoever reaches the port can
    then register as any of them.
    """

    data: Path = field(default_factory=default_data)
    http_host: str = "127.0.0.1"
    http_port: int = HTTP_PORT
    coap_host: str = "::"
    coap_port: int = COAP_PORT
    coap_public: str | None = None
    boards: Path | None = None
    allow_nosec: bool = False
    request_timeout: float = 120.0
    progress_timeout: float = RULES.progress
    build_timeout: float = 600.0
    build_memory: int = 8 * 1024**3
    upload_limit: int = 64 * 1024**2

    @property
    def boards_or_own(self) -> Path:
        """The operator's board tables: what was told, else `boards` in the data folder."""
        return self.boards or self.data / "boards"

    @classmethod
    def of(cls, data: Path | None = None, **told: object) -> Self:
        """Return the settings with everything that was told (not None) in place."""
        given = {name: value for name, value in told.items() if value is not None}
        return cls(data=data or default_data(), **given)  # type: ignore[arg-type] # names checked by dataclass
