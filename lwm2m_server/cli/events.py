"""`tinymlaas events`: what happens, as it happens."""

from .console import AsJson, CommandFailed
from .options import DEFAULT_SERVER, ServerOption


def events(as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER) -> None:
    """Follow the server's events until interrupted."""
    raise CommandFailed("events is not there yet")
