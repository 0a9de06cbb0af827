"""`tinymlaas simulate`: simulated devices that register with a server."""

from .console import CommandFailed


def simulate(boards: list[str]) -> None:
    """Run simulated devices until interrupted."""
    raise CommandFailed("simulate is not there yet")
