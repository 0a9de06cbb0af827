"""Builds: equal ones run once, their artifacts are kept and signed here."""

from .views import BuildView


class BuildService:
    """What was built, and building it."""

    async def builds(self, limit: int = 100) -> list[BuildView]:
        """Return the latest builds, newest first."""
        raise NotImplementedError

    async def build(self, key: str) -> BuildView:
        """Return one build; raises `NotFound`."""
        raise NotImplementedError

    async def report(self, key: str) -> dict[str, object]:
        """Return the compiler's report of a build that succeeded; raises `NotFound`."""
        raise NotImplementedError
