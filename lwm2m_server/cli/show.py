"""The demo itself: a server, simulated devices, one deployment to each, and a live table."""

import asyncio
import contextlib
import errno
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from rich.live import Live

from ..app import Running, serving
from ..protocol.deployment import DeploymentRequest, Outcome
from ..protocol.events import EventKind
from ..service.errors import AlreadyDeploying
from ..service.issuing import NewCredential
from ..service.secret_files import write_secret
from ..settings import Settings
from .cast import CAST, MODEL, Row, table
from .console import out

_REFRESH = 0.2  # seconds between two looks at what goes on
_LEAVE = 5.0  # seconds that the devices get to de-register


async def run_demo(data: Path, *, once: bool, quiet: bool, patience: float) -> list[Row]:
    """Play the demo and return what became of each device."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _server(data) as running, _devices(running, data):
        rows = [Row(member) for member in CAST]
        interrupted = asyncio.create_task(stop.wait())
        played = asyncio.create_task(_play(running, rows, quiet=quiet, patience=patience))
        await asyncio.wait({interrupted, played}, return_when=asyncio.FIRST_COMPLETED)
        played.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await played
        interrupted.cancel()
        if stop.is_set():
            raise KeyboardInterrupt  # before it was over: neither success nor failure
        if not quiet:
            _summarise(rows)
        if not once:
            if not quiet:
                _invite(running)
            await stop.wait()
        return rows


def _summarise(rows: Sequence[Row]) -> None:
    """Say in words what the table shows."""
    run = sum(row.as_expected for row in rows if row.member.expected is Outcome.SUCCEEDED)
    expected = sum(row.as_expected for row in rows)
    out.print(
        f"\n{run} devices run {MODEL!r}, each compiled for what it is and proven on it;"
        f" {expected} of {len(rows)} ended as expected."
    )
    secured = [row.endpoint for row in rows if row.member.secured]
    out.print(f"{', '.join(secured)} spoke DTLS and proved itself with a key of its own.")


def _invite(running: Running) -> None:
    """Say what there is to do now."""
    url = f"http://127.0.0.1:{running.http_port}"
    out.print(
        f"Serving on {url}/docs (API) and coap://127.0.0.1:{running.coap_port} and"
        f" coaps://127.0.0.1:{running.coaps_port} (devices).",
        soft_wrap=True,
    )
    out.print(f"Try `tinymlaas devices list --server {url}`. Ctrl-C ends it.", soft_wrap=True)


@asynccontextmanager
async def _server(data: Path) -> AsyncIterator[Running]:
    """Serve on the default ports, or on free ones where those are taken."""
    usual = Settings(data=data, coap_host="127.0.0.1", allow_nosec=True)
    async with contextlib.AsyncExitStack() as stack:
        try:
            running = await stack.enter_async_context(serving(usual))
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
            free = replace(usual, http_port=0, coap_port=0, coaps_port=0)
            running = await stack.enter_async_context(serving(free))
        yield running


@asynccontextmanager
async def _devices(running: Running, data: Path) -> AsyncIterator[None]:
    """Run the simulated devices in processes of their own, as real ones would be."""
    key = data / "trusted.der"
    await asyncio.to_thread(key.write_bytes, running.store.keys.load().public_der)
    trust = ("--key", str(key))
    async with contextlib.AsyncExitStack() as stack:
        boards = [member.board for member in CAST if not member.secured]
        uri = f"coap://127.0.0.1:{running.coap_port}"
        await stack.enter_async_context(_simulated(*boards, "--coap", uri, *trust))
        for member in CAST:
            if member.secured:
                secret = await _key_file(running, data, member.endpoint)
                uri = f"coaps://127.0.0.1:{running.coaps_port}"
                words = (member.board, "--coap", uri, "--psk-key", str(secret))
                await stack.enter_async_context(_simulated(*words, *trust))
        yield


async def _key_file(running: Running, data: Path, endpoint: str) -> Path:
    """Return a file with the pre-shared key of an endpoint, which is made where it has none."""
    credentials = running.services.credentials
    key = credentials.psk(endpoint) if credentials.list(endpoint) else None
    if key is None:
        key = (await credentials.add(NewCredential(endpoint))).key or b""
    file = data / "secrets" / f"{endpoint}.psk"
    await asyncio.to_thread(write_secret, file, key.hex().encode())
    return file


@asynccontextmanager
async def _simulated(*words: str) -> AsyncIterator[None]:
    """Run `tinymlaas simulate`, and let its devices take their leave at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "lwm2m_server", "simulate"),
        *words,
        "--until-eof",
        stdin=asyncio.subprocess.PIPE,  # ends with this process, however that ends
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us alone: devices leave when told
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _LEAVE)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _play(running: Running, rows: Sequence[Row], *, quiet: bool, patience: float) -> None:
    """Bring the model to each device; what is not over in time stays as it is."""
    work = asyncio.gather(*(_bring(running, row) for row in rows))
    try:
        async with asyncio.timeout(patience):
            if quiet:
                await work
            else:
                await _shown(work, rows)
    except TimeoutError:
        pass
    finally:
        work.cancel()
        for row in rows:
            await _look(running, row)
    if not quiet and not out.is_terminal:
        out.print(table(rows))


async def _shown(work: "asyncio.Future[list[None]]", rows: Sequence[Row]) -> None:
    """Show the table until the work is done; what is no terminal gets the last one only."""
    if not out.is_terminal:
        await work
        return
    with Live(table(rows), console=out, auto_refresh=False) as live:
        while not work.done():
            await asyncio.wait({work}, timeout=_REFRESH)
            live.update(table(rows), refresh=True)
    work.result()


async def _bring(running: Running, row: Row) -> None:
    """Wait until the device has said what it is, then deploy and follow."""
    services, member = running.services, row.member
    async for event in services.events.follow(0):
        if event.kind is EventKind.HARDWARE and event.endpoint == row.endpoint:
            break
    request = DeploymentRequest(row.endpoint, member.via, MODEL, None, member.delivery)
    try:
        row.deployment = await services.deployments.deploy(request)
    except AlreadyDeploying as busy:  # of an earlier demo on this data, gone on with
        row.deployment = await services.deployments.get(busy.deployment)
    ended = asyncio.create_task(services.deployments.wait(row.deployment.id))
    try:
        while not ended.done():
            await asyncio.wait({ended}, timeout=_REFRESH)
            await _look(running, row)
    finally:
        ended.cancel()


async def _look(running: Running, row: Row) -> None:
    """Note how things stand."""
    if row.deployment is None:
        return
    row.deployment = await running.services.deployments.get(row.deployment.id)
    row.device = await running.services.hardware.device(row.endpoint)
