"""What an operator can set: by option, else by environment, else a default."""

import os
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from .coap.limits import LIMITS, Limits
from .coap.numbers import PORT, SECURE_PORT
from .protocol.deployment import RULES
from .protocol.queue_mode import AWAKE_WINDOW
from .protocol.request_queue import QUEUE_BOUNDS
from .service.secret_files import MasterKey

HTTP_PORT = 8080
BOOTSTRAP_HTTP_PORT = 8081
BOOTSTRAP_PORT = 5783
BOOTSTRAP_SECURE_PORT = 5784


class DtlsEngine(StrEnum):
    """What terminates DTLS, with Connection ID: OpenSSL within the server, or pion beside it."""

    OPENSSL = "openssl"
    PION = "pion"


def default_data() -> Path:
    """Return the data folder: TINYMLAAS_DATA, else below the user's XDG data home."""
    if told := os.environ.get("TINYMLAAS_DATA"):
        return Path(told)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "tinymlaas"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret_key() -> str | None:
    return os.environ.get("TINYMLAAS_SECRET_KEY")


def _secret_key_file() -> Path | None:
    told = os.environ.get("TINYMLAAS_SECRET_KEY_FILE")
    return Path(told) if told else None


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server runs. Times are in seconds; port 0 lets the system choose.

    `coap_public` is the host (and port) that devices reach the server by, where
    that is another than the address their own packets arrived at (NAT, containers).
    `coaps_port` is CoAP over DTLS; over TCP and TLS it is served where a port is told.
    Clients are bootstrapped, too, where a bootstrap port is told; `bootstrap_http_port`
    then has the API of that server alone, in the shape of Leshan's.

    The key that credentials are sealed with is `secret_key` (64 hexadecimal digits), or in
    `secret_key_file`, or in `secrets/credentials.key` of the data folder; the server's own
    `certificate` and `private_key` (PEM) are told together, or made in `secrets`.
    `allow_nosec` admits endpoints that have no credential: whoever reaches the port can
    register as any of them. `awake_window` and `queue_patience` are for queue mode: how long an
    endpoint listens, and how long a request waits for it.
    """

    data: Path = field(default_factory=default_data)
    http_host: str = "127.0.0.1"
    http_port: int = HTTP_PORT
    coap_host: str = "::"
    coap_port: int = PORT
    coaps_port: int = SECURE_PORT
    coap_tcp_port: int | None = None
    coaps_tcp_port: int | None = None
    bootstrap_port: int | None = None
    bootstrap_coaps_port: int | None = None
    bootstrap_http_port: int | None = None
    dtls_engine: DtlsEngine = DtlsEngine.OPENSSL
    limits: Limits = LIMITS
    coap_public: str | None = None
    boards: Path | None = None
    secret_key: str | None = field(default_factory=_secret_key, repr=False)
    secret_key_file: Path | None = field(default_factory=_secret_key_file)
    certificate: Path | None = None
    private_key: Path | None = None
    allow_nosec: bool = False
    awake_window: float = AWAKE_WINDOW
    queue_patience: float = QUEUE_BOUNDS.patience
    request_timeout: float = 120.0
    progress_timeout: float = RULES.progress
    build_timeout: float = 600.0
    build_memory: int = 8 * 1024**3
    upload_limit: int = 64 * 1024**2

    @property
    def boards_or_own(self) -> Path:
        """The operator's board tables: what was told, else `boards` in the data folder."""
        return self.boards or self.data / "boards"

    @property
    def exposes_nosec(self) -> bool:
        """Whether unproven devices are admitted from elsewhere than this host."""
        return self.allow_nosec and not _is_loopback(self.coap_host)

    @property
    def exposes_api(self) -> bool:
        """Whether the API, which has no log-in yet, is reached from elsewhere than this host."""
        return not _is_loopback(self.http_host)

    @property
    def secrets(self) -> Path:
        """Where secrets are kept that are not told."""
        return self.data / "secrets"

    @property
    def master_key(self) -> MasterKey:
        """Where the key is that credentials are sealed with."""
        return MasterKey(self.secret_key_file or self.secrets / "credentials.key", self.secret_key)

    @classmethod
    def of(cls, data: Path | None = None, **told: object) -> Self:
        """Return the settings with everything that was told (not None) in place."""
        given = {name: value for name, value in told.items() if value is not None}
        return cls(data=data or default_data(), **given)  # type: ignore[arg-type] # names checked by dataclass
