"""`tinymlaas credentials`: who may register as which device."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from .client import Json, Server
from .console import AsJson, CommandFailed, note, out, print_json
from .files import read_file, read_key
from .options import DEFAULT_SERVER, ServerOption

app = typer.Typer(
    help="What devices prove themselves with; lists it where no command follows.",
)

EXAMPLE = "Example: tinymlaas credentials add sim-m4-1"
_MODES = ("psk", "rpk", "x509", "oscore")

IdentityOption = Annotated[
    str | None,
    typer.Option(
        "--psk-identity",
        help="The PSK identity; default: the endpoint's name. With a CA's certificate: the CN.",
        show_default=False,
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--psk-key-hex",
        metavar="FILE|-",
        help="A file that has the key in hexadecimal, or - for standard input; default: made.",
        show_default=False,
    ),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option("--x509", help="The device's certificate, or the CA's that issues it (PEM, DER)."),
]
PublicKeyOption = Annotated[
    Path | None, typer.Option("--rpk", help="The device's raw public key (PEM, DER).")
]
BootstrapOption = Annotated[
    bool,
    typer.Option("--bootstrap", help="Of the bootstrap server; they open nothing else."),
]


@app.callback(invoke_without_command=True)
def credentials(
    context: typer.Context, as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the credentials where no command follows."""
    if context.invoked_subcommand is None:
        list_credentials(as_json=as_json, server=server)


@app.command("list")
def list_credentials(
    endpoint: Annotated[str | None, typer.Argument(show_default=False)] = None,
    bootstrap: BootstrapOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List all credentials, or those of one endpoint; keys are never shown."""
    with Server(server) as api:
        found = _of(api, endpoint, _use(bootstrap))
    if as_json:
        print_json(found)
        return
    if not found:
        note("there is no credential; `tinymlaas credentials add ENDPOINT` makes one")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("endpoint", "mode", "identity", "since", "state", "id"):
        table.add_column(name, overflow="fold")
    for row in found:
        table.add_row(
            row["endpoint"] or "(all, by their CN)",
            row["mode"] + (" CA" if row["authority"] else ""),
            row["identity"],
            _day(row["created_at"]),
            _state(row),
            row["id"],
        )
    out.print(table)


@app.command("add", epilog=EXAMPLE)
def add(
    endpoint: Annotated[
        str | None, typer.Argument(help="The endpoint's name.", show_default=False)
    ] = None,
    for_all: Annotated[
        bool, typer.Option("--all", help="Trust a CA with all names: each CN is an endpoint.")
    ] = False,
    mode: Annotated[
        str | None,
        typer.Option("--mode", help="psk, rpk, x509 or oscore, to have a key of that kind made."),
    ] = None,
    psk_identity: IdentityOption = None,
    psk_key_hex: KeyOption = None,
    x509: CertificateOption = None,
    rpk: PublicKeyOption = None,
    bootstrap: BootstrapOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Let an endpoint in by a key or a certificate; nothing else is let in under its name.

    Without more a pre-shared key is made, and shown this once.
    """
    if (endpoint is None) != for_all:
        raise typer.BadParameter("name an endpoint, or --all for a CA's certificate")
    if mode not in {None, *_MODES}:
        raise typer.BadParameter(f"--mode is {', '.join(_MODES)}")
    body = _material(psk_key_hex, x509, rpk, mode) | {"identity": psk_identity}
    with Server(server) as api:
        made = api.post("credentials", body=body | {"endpoint": endpoint}, **_use(bootstrap))
        _show(made, as_json=as_json)


@app.command("rotate")
def rotate(
    name: Annotated[str, typer.Argument(help="An endpoint, or a credential's id.")],
    psk_identity: IdentityOption = None,
    psk_key_hex: KeyOption = None,
    x509: CertificateOption = None,
    rpk: PublicKeyOption = None,
    bootstrap: BootstrapOption = False,
    keep: Annotated[
        float | None,
        typer.Option("--keep", min=0, help="Days for which the old key stays good; default: 7."),
    ] = None,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Give an endpoint a new key; the old one ends when the device has used the new one."""
    body: Json = _material(psk_key_hex, x509, rpk, None) | {"identity": psk_identity}
    del body["mode"]  # that of what is replaced
    if keep is not None:
        body["keep"] = keep * 86400
    with Server(server) as api:
        use = _use(bootstrap)
        path = ("credentials", _id(api, name, use), "rotate")
        _show(api.post(*path, body=body, **use), as_json=as_json)


@app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="An endpoint, or a credential's id.")],
    bootstrap: BootstrapOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """End a credential at once, with the sessions and the registration that it let in."""
    with Server(server) as api:
        use = _use(bootstrap)
        gone = _id(api, name, use)
        api.delete("credentials", gone, **use)
    if as_json:
        print_json({"revoked": gone})
    else:
        out.print(f"revoked {gone}", markup=False)


def _use(bootstrap: bool) -> dict[str, str]:
    return {"use": "bootstrap"} if bootstrap else {}


def _of(api: Server, endpoint: str | None, use: dict[str, str]) -> Json:
    return api.get("credentials", **({} if endpoint is None else {"endpoint": endpoint}), **use)


def _id(api: Server, name: str, use: dict[str, str]) -> str:
    """Return the id of the one credential in force that is meant."""
    found = [row for row in _of(api, name, use) if row["retires_at"] is None]
    if len(found) > 1:
        there = ", ".join(f"{row['id']} ({row['mode']} {row['identity']})" for row in found)
        raise CommandFailed(f"{name} has several credentials, name one by its id: {there}")
    return found[0]["id"] if found else name


def _material(
    key: str | None, x509: Path | None, rpk: Path | None, mode: str | None
) -> dict[str, str | None]:
    """Return mode, key and public part as the API takes them; one kind alone may be given."""
    given = {"psk": key, "x509": x509, "rpk": rpk}
    kinds = {kind for kind, what in given.items() if what is not None} | ({mode} - {None})
    if len(kinds) > 1:
        raise typer.BadParameter(f"choose one: {', '.join(sorted(map(str, kinds)))}")
    body: dict[str, str | None] = {"mode": next(iter(kinds), "psk")}
    if key is not None:
        body["key"] = read_key(key, "--psk-key-hex")
    if (file := x509 or rpk) is not None:
        body["public"] = _text(read_file(file))
    return body


def _text(data: bytes) -> str:
    """Return PEM as it is, DER in hexadecimal."""
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        return data.hex()


def _show(issued: Json, *, as_json: bool) -> None:
    if as_json:
        print_json(issued)
        return
    made = issued["credential"]
    whose = made["endpoint"] or "all endpoints"
    out.print(f"{whose}: {made['mode']} {made['identity']} (credential {made['id']})", markup=False)
    if issued["key"] is not None:
        out.print(f"key {issued['key']}", markup=False, soft_wrap=True)
    for part in ("public", "private_key"):
        if issued[part] is not None:
            out.print(issued[part].strip(), markup=False, soft_wrap=True)
    if issued["key"] or issued["private_key"]:
        note("It is not shown again.")


def _state(row: Json) -> str:
    if row["damaged"]:
        return "damaged"
    return f"until {_day(row['retires_at'])}" if row["retires_at"] else "in force"


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d}"
