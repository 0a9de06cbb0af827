"""`tinymlaas serve`: the server."""

from .console import CommandFailed
from .options import DataOption


def serve(data: DataOption = None) -> None:
    """Run the server: LwM2M over CoAP, and the API over HTTP."""
    raise CommandFailed("serve is not there yet")
