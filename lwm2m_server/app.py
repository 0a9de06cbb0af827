"""The composition root: settings in, a running server out."""

import asyncio
import contextlib
import errno
import fcntl
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from compiler.targets import BoardTable
from compiler.toolchain import cache_folder
from firmware_store import Store

from .api.application import create_api
from .api.leshan.bootstrap import create_bootstrap_api
from .coap.tuning import TUNING
from .jobs.runner import Bounds, SubprocessRunner
from .listening import listening, served
from .protocol.deployment import Rules
from .protocol.request_queue import QUEUE_BOUNDS
from .service.clock import SteadyTime
from .service.credentials import CredentialService
from .service.errors import UnusableSecret
from .service.ids import RandomIds
from .service.own_certificate import OwnCertificate
from .service.repositories import Repositories
from .service.secret_files import close_to_others
from .service.services import Services
from .settings import DtlsEngine, Settings
from .storage import Storage
from .storage.sequences import FileSequences
from .transport.bootstrap_server import BootstrapServer
from .transport.dtls.build import build, built
from .transport.dtls.process import ProcessPort
from .transport.dtls.shell import DtlsPort
from .transport.server import CoapServer

_log = structlog.get_logger(__name__)

_SCHEMES = ("coap", "coaps", "coap+tcp", "coaps+tcp")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is up: its services, and the ports it got."""

    services: Services
    store: Store
    coap_port: int
    coaps_port: int
    http_port: int
    coap_tcp_port: int | None = None
    coaps_tcp_port: int | None = None
    bootstrap_port: int | None = None
    bootstrap_coaps_port: int | None = None
    bootstrap_http_port: int | None = None


@asynccontextmanager
async def serving(
    settings: Settings, repositories: Repositories | None = None
) -> AsyncIterator[Running]:
    """Bring a server up, and down again whatever happens.

    `repositories` stand in for the database, which is then neither opened nor made.

    Raises `OSError` where a port is taken, another server uses the data folder, or
    what it holds cannot be used, and `UnusableSecret` where a key is missing or wrong.
    The first start makes keys and fills the zoo with the starter models.
    """
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_alone(settings.data))
        _warn(settings)
        store = await asyncio.to_thread(_open_store, settings)
        if repositories is None:
            repositories = storage = await Storage.open(settings.data / "tinymlaas.db")
            stack.push_async_callback(storage.aclose)
        services = await _compose(settings, store, repositories)
        coap = _coap_server(settings, services)
        stack.push_async_callback(coap.aclose)
        services.traffic.connect(coap.driver.trace)
        await services.start(coap.downlink)
        stack.push_async_callback(services.aclose)
        api = create_api(services, upload_limit=settings.upload_limit)
        where = settings.http_host, settings.http_port
        http = await stack.enter_async_context(served(api, where, "--http-port"))
        services.credentials.listen(lambda identity, _: coap.end(identity))
        ports = await _open_coap(coap, services, settings, stack)
        bootstrap = await _open_bootstrap(settings, services, stack)
        api.state.coap_uris = _uris(settings.coap_host, dict(zip(_SCHEMES, ports, strict=True)))
        services.resume()
        plain, secure, tcp, tls = ports
        shown = {"http": http, "coap": plain, "coaps": secure}
        _log.info("serving", **shown, bootstrap=bootstrap, data=str(settings.data))
        yield Running(services, store, plain, secure, http, tcp, tls, *bootstrap)


def _warn(settings: Settings) -> None:
    """Say what settings leave open to others, and close the secrets that are."""
    if settings.exposes_nosec:
        _log.warning(
            "devices without a credential are admitted: whoever reaches this port can register"
            " as any of them, and get what is meant for it",
            host=settings.coap_host,
            option="--allow-nosec",
        )
    if settings.exposes_api:
        _log.warning(
            "the API has no log-in: whoever reaches it can add and revoke devices' keys, and"
            " deploy; put a proxy that asks who is there in front, or listen on 127.0.0.1",
            host=settings.http_host,
            option="--http-host",
        )
    if opened := close_to_others(settings.secrets):
        _log.warning(
            "others could read or replace these secrets until now; they are closed, and"
            " whoever had them has them still: rotate what you doubt",
            files=[str(path) for path in opened],
        )


async def _compose(settings: Settings, store: Store, repositories: Repositories) -> Services:
    """Return all services; raises `UnusableSecret`."""
    bounds = Bounds(memory=settings.build_memory, seconds=settings.build_timeout)
    return Services.compose(
        storage=repositories,
        store=store,
        boards=BoardTable.load(settings.boards_or_own),
        runner=SubprocessRunner(settings.data / "work", bounds),
        now=SteadyTime(),
        new_id=RandomIds(secrets.token_bytes),
        new_token=lambda: secrets.token_urlsafe(16),
        rules=Rules(progress=settings.progress_timeout),
        master_key=settings.master_key,
        own_certificate=await asyncio.to_thread(_own_certificate, settings),
        allow_nosec=settings.allow_nosec,
        awake_window=settings.awake_window,
        queue_bounds=replace(QUEUE_BOUNDS, patience=settings.queue_patience),
    )


def _coap_server(settings: Settings, services: Services) -> CoapServer:
    return CoapServer(
        services.registrations,
        services.deployments,
        services.reporting.notified,
        services.reporting.sent,
        progress_timeout=settings.progress_timeout,
        public=settings.coap_public,
        limits=settings.limits,
        tuning=replace(TUNING, response_timeout=settings.request_timeout),
    )


async def _open_coap(
    coap: CoapServer, services: Services, settings: Settings, stack: contextlib.AsyncExitStack
) -> tuple[int, int, int | None, int | None]:
    """Open the ports for `_SCHEMES`, in this order; return their numbers, None where none is."""
    host = settings.coap_host
    _protect(coap, services, settings)
    reliable = await _open_reliable(coap, services, settings)
    with listening("--coaps-port", host, settings.coaps_port):
        where = host, settings.coaps_port
        secure = await _secured(where, settings, services.credentials, coap, stack)
    with listening("--coap-port", host, settings.coap_port):
        plain = await coap.open(host, settings.coap_port)
    return plain, secure, *reliable


async def _open_bootstrap(
    settings: Settings, services: Services, stack: contextlib.AsyncExitStack
) -> tuple[int | None, int | None, int | None]:
    """Serve bootstraps where ports are told; return those for CoAP, over DTLS, and of its API."""
    plain, secure = settings.bootstrap_port, settings.bootstrap_coaps_port
    if plain is None and secure is None:
        return None, None, None
    service, host = services.bootstrap, settings.coap_host
    server = BootstrapServer(
        service,
        progress_timeout=settings.progress_timeout,
        limits=settings.limits,
        tuning=replace(TUNING, response_timeout=settings.request_timeout),
    )
    stack.callback(server.close)
    service.credentials.listen(lambda identity, _: server.end(identity))
    if secure is not None:
        with listening("--bootstrap-coaps-port", host, secure):
            secure = await _secured((host, secure), settings, service.credentials, server, stack)
    if plain is not None:
        with listening("--bootstrap-port", host, plain):
            plain = await server.open(host, plain)
    if (http := settings.bootstrap_http_port) is None:
        return plain, secure, None
    api = create_bootstrap_api(services, upload_limit=settings.upload_limit)
    api.state.coap_uris = _uris(host, {"coap": plain, "coaps": secure})
    where, option = (settings.http_host, http), "--bootstrap-http-port"
    return plain, secure, await stack.enter_async_context(served(api, where, option))


def _uris(host: str, ports: Mapping[str, int | None]) -> tuple[str, ...]:
    """Return where each scheme is served that has a port."""
    shown = f"[{host}]" if ":" in host else host
    return tuple(f"{scheme}://{shown}:{port}" for scheme, port in ports.items() if port)


def _protect(coap: CoapServer, services: Services, settings: Settings) -> None:
    """Serve OSCORE, too, where what that needs is installed."""
    try:
        coap.protect(services.credentials, FileSequences(settings.data / "oscore"))
    except ImportError as missing:
        _log.info("OSCORE is not served", missing=missing.name, extra="tinymlaas[oscore]")


async def _open_reliable(
    coap: CoapServer, services: Services, settings: Settings
) -> tuple[int | None, int | None]:
    """Serve CoAP over TCP and TLS where ports are told; return those that were got."""
    host, tcp, tls = settings.coap_host, settings.coap_tcp_port, settings.coaps_tcp_port
    if tcp is not None:
        with listening("--coap-tcp-port", host, tcp):
            tcp = await coap.open_tcp(host, tcp)
    if tls is not None:
        with listening("--coaps-tcp-port", host, tls):
            tls = await coap.open_tcp(host, tls, services.credentials)
    return tcp, tls


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Keep other servers out of a data folder: two would drive one deployment at once.

    Raises `OSError`. The lock goes with the process, however that ends.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(errno.EBUSY, "another server uses this folder", str(data)) from None
        yield


async def _secured(
    where: tuple[str, int],
    settings: Settings,
    credentials: CredentialService,
    coap: CoapServer | BootstrapServer,
    stack: contextlib.AsyncExitStack,
) -> int:
    """Open the port for CoAP over DTLS at `where` and plug it in; return its number.

    Raises `OSError`, and `EngineUnavailable` where the engine cannot be used.
    """
    driver, limits = coap.driver, settings.limits
    port: DtlsPort | ProcessPort
    if settings.dtls_engine is DtlsEngine.PION:
        cache = cache_folder("dtls")
        if built(cache) is None:
            _log.info("building the process that terminates DTLS, this once", folder=str(cache))
        program = await asyncio.to_thread(build, cache)
        port = await ProcessPort.open(
            where,
            (str(program),),
            credentials,
            received=driver.received,
            ended=coap.lost,
            limits=limits,
            disproved=credentials.disproved,
        )
        stack.push_async_callback(port.aclose)
    else:
        port = await DtlsPort.open(
            *where,
            credentials,
            driver.received,
            coap.lost,
            unreachable=driver.unreachable,
            limits=limits,
            busy=driver.endpoint.engaged,
            disproved=credentials.disproved,
        )
        stack.callback(port.close)
    coap.secured_by(port)
    return port.port


def _own_certificate(settings: Settings) -> OwnCertificate:
    """Return the certificate by which devices know this server; raises `UnusableSecret`."""
    certificate, private_key = settings.certificate, settings.private_key
    if certificate is not None and private_key is not None:
        return OwnCertificate.load(certificate, private_key)
    if certificate is not None or private_key is not None:
        raise UnusableSecret("--certificate and --private-key go together")
    own = OwnCertificate.of(settings.secrets)
    if own is None:
        _log.info("made a server certificate", folder=str(settings.secrets))
        own = OwnCertificate.make(settings.secrets)
    return own


def _open_store(settings: Settings) -> Store:
    store = Store(settings.data)
    if not store.keys.list():
        _log.info("made a signing key", folder=str(settings.data))
    store.keys.ensure()
    store.zoo.seed_starter()
    return store
