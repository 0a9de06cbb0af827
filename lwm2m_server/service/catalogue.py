"""What can be deployed: the zoo's models and the firmware that operators stored."""

import asyncio

import structlog

from compiler.errors import CompileError
from firmware_store import Firmware, Model, Store, StoreError
from firmware_store.errors import AlreadyExists
from firmware_store.errors import NotFound as NotStored

from .errors import Conflict, InvalidInput, NotFound, ServiceError
from .ports import BuildRunner
from .views import FirmwareView, ModelView, VariantView

_log = structlog.get_logger(__name__)


class CatalogueService:
    """Models and firmware by name; file system work happens off the loop."""

    def __init__(self, store: Store, runner: BuildRunner) -> None:
        self._store = store
        self._runner = runner

    async def models(self) -> list[ModelView]:
        """Return the zoo, by name."""
        found = await asyncio.to_thread(self._store.zoo.list)
        return [_model_view(model) for model in found]

    async def model(self, name: str) -> ModelView:
        """Return one model; raises `NotFound`."""
        try:
            return _model_view(await asyncio.to_thread(self._store.zoo.get, name))
        except StoreError as error:
            raise _translated(error, "model", name) from error

    async def add_model(self, name: str, data: bytes, *, variant: str = "int8") -> ModelView:
        """Check that `data` is a TFLite model and keep it; raises `InvalidInput`, `Conflict`.

        Strangers' bytes are parsed by the runner, apart from the process with the keys.
        """

        def add() -> Model:
            return self._store.zoo.add(name, data, variant=variant)

        try:
            summary = await self._runner.check(data)
            model = await asyncio.to_thread(add)
            _log.info("model added", model=name, variant=variant, summary=str(summary))
            return _model_view(model)
        except CompileError as error:
            raise InvalidInput(f"model {name!r}: {error}") from error
        except StoreError as error:
            raise _translated(error, "model", name) from error

    async def firmware(self) -> list[FirmwareView]:
        """Return stored firmware, by name and version."""
        found = await asyncio.to_thread(self._store.firmware.list)
        return [_firmware_view(entry) for entry in found]

    async def add_firmware(
        self,
        name: str,
        version: str,
        data: bytes,
        *,
        board: str | None = None,
        reports: str | None = None,
    ) -> FirmwareView:
        """Keep a firmware image that an operator built; raises `InvalidInput`, `Conflict`."""

        def add() -> Firmware:
            return self._store.firmware.add(
                data, name=name, version=version, board=board, reports=reports
            )

        try:
            return _firmware_view(await asyncio.to_thread(add))
        except StoreError as error:
            raise _translated(error, "firmware", f"{name}@{version}") from error


def _translated(error: StoreError, what: str, name: str) -> ServiceError:
    if isinstance(error, NotStored):
        return NotFound(what, name)
    if isinstance(error, AlreadyExists):
        return Conflict(str(error))
    return InvalidInput(str(error))


def _model_view(model: Model) -> ModelView:
    variants = tuple(
        VariantView(one.name, one.sha256, one.size, one.accuracy) for one in model.variants
    )
    return ModelView(model.name, variants, model.labels)


def _firmware_view(entry: Firmware) -> FirmwareView:
    return FirmwareView(
        name=entry.name,
        version=entry.version,
        board=entry.board,
        format=entry.format.value,
        size=entry.size,
        sha256=entry.sha256,
        image_sha256=entry.image_hash,
        reports=entry.reports,
    )
