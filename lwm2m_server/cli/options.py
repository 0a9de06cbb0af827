"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="TINYMLAAS_DATA",
        help="The data folder; default: tinymlaas in the XDG data home.",
        show_default=False,
    ),
]
ServerOption = Annotated[
    str,
    typer.Option("--server", envvar="TINYMLAAS_SERVER", help="The server's HTTP address."),
]
BoardsOption = Annotated[
    Path | None,
    typer.Option(
        "--boards",
        envvar="TINYMLAAS_BOARDS",
        exists=True,
        help="TOML file, or folder of them, with more boards; default: boards in the data folder.",
        show_default=False,
    ),
]
TargetOption = Annotated[
    str,
    typer.Option(
        "--target",
        help="A core (cortex-m4), a core with features (cortex-m4+dsp+fpv4-sp) or a board.",
    ),
]
DEFAULT_SERVER = "http://127.0.0.1:8080"
