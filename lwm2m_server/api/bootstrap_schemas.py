"""Bootstrap configurations as they go over HTTP; keys go in and never out."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..protocol.bootstrap_session import Phase
from ..service.bootstrap_accounts import Account as AskedAccount
from ..service.bootstrap_accounts import NewConfiguration as Asked
from ..service.errors import InvalidInput
from .schemas import Schema


class Account(BaseModel):
    """A server to register with: NoSec by `coap://`; by `coaps://` with a pre-shared key.

    `key` is hexadecimal, its `identity` by default the endpoint's name; without a key this
    server's own credential for the endpoint is handed out, and made where there is none.
    """

    uri: str
    short_server_id: int = 1
    lifetime: int = 86400
    binding: str = "U"
    identity: str | None = None
    key: str | None = Field(default=None, repr=False)
    security_instance: int | None = Field(default=None, ge=0, le=65534)
    server_instance: int | None = Field(default=None, ge=0, le=65534)

    def account(self) -> AskedAccount:
        """Return the service's value; raises `InvalidInput`."""
        told = self.model_dump(exclude={"key"})
        try:
            key = None if self.key is None else bytes.fromhex(self.key)
        except ValueError:
            raise InvalidInput("key: this is not hexadecimal") from None
        return AskedAccount(**told, key=key)


class NewConfiguration(BaseModel):
    """What is written to an endpoint that bootstraps, and what is deleted and read before.

    `instances` are values by resource id, by instance path (`{"/3/0": {"14": "+02:00"}}`);
    opaque ones are hexadecimal, multiple resources objects by their instance. `{endpoint}`
    stands for the endpoint's name. `in_clear` lets keys go to unproven clients, too.
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"accounts": [{"uri": "coaps://lwm2m.example.org:5684"}]}}
    )

    accounts: list[Account] = Field(default_factory=list, max_length=32)
    instances: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    delete: list[str] = Field(default_factory=lambda: ["/0", "/1"], max_length=64)
    read: list[str] = Field(default_factory=list, max_length=64)
    discover: bool = True
    content_format: int | None = None
    in_clear: bool = False

    def asked(self) -> Asked:
        """Return the service's value; raises `InvalidInput`."""
        told = {name: getattr(self, name) for name in type(self).model_fields}
        told["accounts"] = [one.account() for one in self.accounts]
        return Asked(**told)


class OwnAccount(Schema):
    """An instance of Object 0 with this server's own credential for the endpoint."""

    instance: int
    uri: str
    short_server_id: int


class Configuration(Schema):
    """A configuration by path and value; of keys, `keys`, only that they are there.

    The name is an endpoint's, or `*` for all others. What is `damaged` in storage bootstraps
    nobody.
    """

    name: str
    values: dict[str, Any]
    keys: list[str]
    own: list[OwnAccount]
    delete: list[str]
    read: list[str]
    discover: bool
    content_format: int | None
    in_clear: bool
    damaged: bool


class Session(Schema):
    """A bootstrap under way."""

    endpoint: str
    phase: Phase
    began_at: float
    written: list[str]
