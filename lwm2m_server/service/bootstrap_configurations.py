"""Bootstrap configurations by endpoint, with a default: in memory, and sealed in storage."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog

from objects.registry import Registry as Definitions
from objects.tree import leaves

from ..protocol.bootstrap_configuration import Configuration, OwnAccount, is_secret, meant_for
from ..protocol.bootstrap_rules import check
from ..protocol.errors import InvalidConfiguration
from ..protocol.registration import EndpointName, is_endpoint_name
from .bootstrap_documents import read, written
from .errors import Conflict, InvalidInput, NotFound, UnusableSecret
from .records import SealedConfiguration
from .repositories import ConfigurationRepository
from .secret_files import MasterKey
from .values import json_of
from .vault import Damaged, Vault, WrongKey

DEFAULT: Final = "*"
"""The name under which the configuration of all other endpoints is kept."""

MOST: Final = 100_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConfigurationView:
    """A configuration without its keys; `keys` are the paths of those that are there.

    `values` are by path. What is `damaged` in storage bootstraps nobody.
    """

    name: str
    values: Mapping[str, Any]
    keys: tuple[str, ...]
    own: tuple[OwnAccount, ...]
    delete: tuple[str, ...]
    read: tuple[str, ...]
    discover: bool
    content_format: int | None
    in_clear: bool
    damaged: bool = False

    @classmethod
    def of(cls, name: str, configuration: Configuration | None) -> Self:
        """Return what may be shown of a configuration; None is a damaged one."""
        told = configuration or Configuration(delete=())
        found = [leaf for path, one in told.instances for leaf in leaves(path, one)]
        return cls(
            name=name,
            values={str(at): json_of(value) for at, value in found if not is_secret(at)},
            keys=tuple(str(at) for at, value in found if is_secret(at) and value),
            own=told.own,
            delete=tuple(map(str, told.delete)),
            read=tuple(map(str, told.read)),
            discover=told.discover,
            content_format=told.content_format,
            in_clear=told.in_clear,
            damaged=configuration is None,
        )


class Configurations:
    """All configurations; a question about an endpoint is answered at once."""

    def __init__(
        self, repository: ConfigurationRepository, master_key: MasterKey, definitions: Definitions
    ) -> None:
        self._repository = repository
        self._master_key = master_key
        self._definitions = definitions
        self._by_name: dict[str, Configuration | None] = {}
        self._vault: Vault | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Load and open what is stored; raises `UnusableSecret`, and then nothing is changed.

        No key is made here; this comes before what makes one where nothing else is stored.
        """
        stored = await self._repository.all()
        if not stored:
            return
        key = await asyncio.to_thread(self._master_key.load)
        if key is None:
            raise UnusableSecret(
                f"{self._master_key.where} is not there, the key that {len(stored)} bootstrap"
                " configurations are sealed with; put it back. Nothing was changed"
            )
        self._vault = Vault(key)
        for one in stored:
            self._by_name[one.name] = self._opened(self._vault, one)

    def list(self) -> list[ConfigurationView]:
        """Return all configurations without their keys, by name; the default is first."""
        return [ConfigurationView.of(name, one) for name, one in sorted(self._by_name.items())]

    def get(self, name: str) -> ConfigurationView:
        """Return one without its keys; raises `NotFound`."""
        if name not in self._by_name:
            raise NotFound("bootstrap configuration for", name)
        return ConfigurationView.of(name, self._by_name[name])

    def for_endpoint(self, endpoint: EndpointName) -> Configuration | None:
        """Return what is meant for an endpoint, its name filled in; None for nothing.

        Raises `InvalidConfiguration` where its name makes it one, or storage has damaged it.
        """
        name = endpoint if endpoint in self._by_name else DEFAULT
        if name not in self._by_name:
            return None
        found = self._by_name[name]
        if found is None:
            raise InvalidConfiguration(f"the configuration of {name} is damaged: put it anew")
        meant = meant_for(endpoint, found)
        check(meant, self._definitions)
        return meant

    async def put(self, name: str, configuration: Configuration) -> ConfigurationView:
        """Keep a configuration in the place of what was there; raises `InvalidInput`."""
        if not is_endpoint_name(name):
            raise InvalidInput("a configuration is for an endpoint's name, or * for all others")
        try:
            check(configuration, self._definitions)
        except InvalidConfiguration as fault:
            raise InvalidInput(str(fault)) from None
        async with self._turn:
            if len(self._by_name) >= MOST and name not in self._by_name:
                raise Conflict(f"there are {MOST} configurations, which is the most: use *")
            vault = await self._opened_vault()
            sealed = vault.seal(written(configuration), _about(name))
            await self._repository.put(SealedConfiguration(name, sealed))
            self._by_name[name] = configuration
        return ConfigurationView.of(name, configuration)

    async def remove(self, name: str) -> None:
        """Forget a configuration; raises `NotFound`."""
        async with self._turn:
            self.get(name)
            await self._repository.remove(name)
            del self._by_name[name]

    async def _opened_vault(self) -> Vault:
        if self._vault is None:
            key = await asyncio.to_thread(self._master_key.load)
            if key is None:
                key = await asyncio.to_thread(self._master_key.make)
            self._vault = Vault(key)
        return self._vault

    def _opened(self, vault: Vault, stored: SealedConfiguration) -> Configuration | None:
        try:
            return read(vault.open(stored.sealed, _about(stored.name)))
        except Damaged:
            _log.error("a stored bootstrap configuration is damaged; put it anew", name=stored.name)
            return None
        except WrongKey:
            raise UnusableSecret(
                f"{self._master_key.where} is not the key that the bootstrap configurations are"
                " sealed with; put the right one back. Nothing was changed"
            ) from None


def _about(name: str) -> tuple[str, ...]:
    return ("bootstrap configuration", name)
