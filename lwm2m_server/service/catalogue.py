"""What can be deployed: the zoo's models and the firmware that operators stored."""

from .views import FirmwareView, ModelView


class CatalogueService:
    """Models and firmware by name; file system work happens off the loop."""

    async def models(self) -> list[ModelView]:
        """Return the zoo, by name."""
        raise NotImplementedError

    async def model(self, name: str) -> ModelView:
        """Return one model; raises `NotFound`."""
        raise NotImplementedError

    async def add_model(self, name: str, data: bytes) -> ModelView:
        """Check that `data` is a TFLite model and keep it; raises `InvalidInput`, `Conflict`."""
        raise NotImplementedError

    async def firmware(self) -> list[FirmwareView]:
        """Return stored firmware, by name and version."""
        raise NotImplementedError

    async def add_firmware(
        self, name: str, version: str, board: str | None, data: bytes, *, reports: str | None = None
    ) -> FirmwareView:
        """Keep a firmware image that an operator built; raises `InvalidInput`, `Conflict`."""
        raise NotImplementedError
