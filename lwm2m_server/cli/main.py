"""The command tree, and the one place where errors become a line and an exit status."""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from . import (
    bootstrap,
    convert,
    credentials,
    demo,
    deploy,
    devices,
    dtls,
    evaluate,
    events,
    export,
    firmware,
    keys,
    limits,
    observe,
    operations,
    requests,
    serve,
    simulate,
    targets,
    verify,
    zoo,
)
from . import compile as compile_
from .console import AlreadyTold, complain, explain, out, print_failure

INTERRUPTED = 130  # what shells expect after Ctrl-C
_USAGE = 2
_OPERATIONS = "Operations on devices"

# The class of all usage errors; which module it lives in depends on typer's version.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="tinymlaas",
    help="Compile, prove, sign and deliver models to microcontrollers over LwM2M.",
    epilog="Begin with `tinymlaas demo`. Each command has its own --help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _module, _name, _command in (
    (demo, "demo", demo.demo),
    (serve, "serve", serve.serve),
    (simulate, "simulate", simulate.simulate),
    (convert, "convert", convert.convert_model),
    (compile_, "compile", compile_.compile_model),
    (verify, "verify", verify.verify_model),
    (evaluate, "evaluate", evaluate.evaluate_models),
    (evaluate, "explore", evaluate.explore_model),
    (export, "export", export.export_model),
    (targets, "targets", targets.targets),
    (deploy, "deploy", deploy.deploy),
    (events, "events", events.events),
    (limits, "limits", limits.limits),
):
    app.command(_name, epilog=getattr(_module, "EXAMPLE", None))(_command)
for _verb in operations.VERBS:
    app.command(_verb.name, epilog=_verb.example, rich_help_panel=_OPERATIONS)(_verb.command)
app.command("observe", epilog=observe.EXAMPLE, rich_help_panel=_OPERATIONS)(observe.observe)
app.add_typer(requests.app, name="requests", rich_help_panel=_OPERATIONS)
app.add_typer(zoo.app, name="zoo")
app.add_typer(keys.app, name="keys")
app.add_typer(devices.app, name="devices")
app.add_typer(credentials.app, name="credentials")
app.add_typer(bootstrap.app, name="bootstrap")
app.add_typer(firmware.app, name="firmware")
app.add_typer(dtls.app, name="dtls")


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"tinymlaas {version('tinymlaas')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Print the version."),
    ] = False,
) -> None:
    """Compile, prove, sign and deliver models to microcontrollers over LwM2M."""


def main() -> None:
    """Run the command line and leave with its exit status.

    0 only on success, 2 for a command that was typed wrongly, 130 after Ctrl-C. With
    `--json` stdout is one document even then: `{"error": {"kind", "message", "details"}}`.
    """
    try:
        sys.exit(app(standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader (`head`) has gone: nothing is left to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except _UsageError as error:
        _misused(error)
        sys.exit(_USAGE)
    except Exception as error:  # the last fence before the user
        if os.environ.get("TINYMLAAS_DEBUG"):
            raise
        if "--json" in sys.argv and not isinstance(error, AlreadyTold):
            print_failure(error)
        complain(explain(error))
        sys.exit(1)


def _misused(error: Exception) -> None:
    """Tell in one line what was typed wrongly, and where it is explained."""
    # Without arguments the help has been shown, and the message is empty.
    message = error.format_message()  # type: ignore[attr-defined] # the base is typer's own
    if not message.strip():
        return
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tinymlaas"
    if "--json" in sys.argv:
        print_failure(error, message)
    complain(f"{' '.join(message.split()).rstrip('.')}; `{command} --help` explains")
