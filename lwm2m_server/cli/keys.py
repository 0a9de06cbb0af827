"""`tinymlaas keys`: the key that images are signed with."""

from typing import Annotated

import typer

from ..settings import default_data
from .console import AsJson, out, print_json
from .options import DataOption

app = typer.Typer(help="Signing keys.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Signing keys of the data folder."""


@app.command("new")
def new(
    name: Annotated[str, typer.Option("--name", help="Servers sign with `default`.")] = "default",
    as_json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Make an Ed25519 signing key and print the public half, which devices have to know."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from firmware_store.store import Store

    key = Store(data or default_data()).keys.new(name)
    pem = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    if as_json:
        print_json({"name": key.name, "key_hash": key.key_hash.hex(), "public": pem})
    else:
        out.print(pem.strip(), markup=False)
        out.print(f"key hash {key.key_hash.hex()}")
