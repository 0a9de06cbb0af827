"""The command tree, and the one place where errors become a line and an exit status."""

import os
import sys

import typer

from . import compile as compile_
from . import demo, deploy, devices, events, firmware, keys, serve, simulate, targets, verify, zoo
from .console import complain, explain

app = typer.Typer(
    name="tinymlaas",
    help="Compile, prove, sign and deliver models to microcontrollers over LwM2M.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("simulate")(simulate.simulate)
app.command("compile")(compile_.compile_model)
app.command("verify")(verify.verify_model)
app.command("targets")(targets.targets)
app.command("deploy")(deploy.deploy)
app.command("events")(events.events)
app.add_typer(zoo.app, name="zoo")
app.add_typer(keys.app, name="keys")
app.add_typer(devices.app, name="devices")
app.add_typer(firmware.app, name="firmware")


def main() -> None:
    """Run the command line and leave with its exit status: 0 only on success."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`head`) has gone: nothing is left to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # the last fence before the user
        if os.environ.get("TINYMLAAS_DEBUG"):
            raise
        complain(explain(error))
        sys.exit(1)
