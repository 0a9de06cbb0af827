"""Client-initiated bootstrap (OMA LwM2M Core 1.1 §6.1): from a bootstrap server to an account."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import aiocoap
import aiocoap.error
from aiocoap.resource import Resource

from objects import codecs
from objects.codecs import ContentFormat
from objects.errors import ObjectsError, UnsupportedFormat
from objects.link_format import Link, write
from objects.path import Path
from objects.registry import Registry
from objects.tree import Object, ObjectInstance

from ..coap_uri import authority, with_port
from ..errors import Refused
from . import requests as codes
from .dtls import PreSharedKey, Security
from .registration import pause
from .socket import open_context

SECURITY, SERVER = 0, 1
_PSK, _NOSEC = 0, 3  # values of 0/x/2
_REGISTRY: Final = Registry.standard()
_PATIENCE: Final = 93.0  # seconds for the server to finish
_LARGEST_LIFETIME: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Account:
    """Where to register, and as whom: one instance of Object 0 and one of Object 1."""

    uri: str
    lifetime: int
    short_server_id: int
    credential: PreSharedKey | None


class Bootstrap:
    """Objects 0 and 1 while a bootstrap server writes them; its own account is out of reach."""

    def __init__(self) -> None:
        self._held: dict[int, dict[int, ObjectInstance]] = {SECURITY: {}, SERVER: {}}

    def put(self, path: Path, content_format: int | None, payload: bytes) -> None:
        """Write an object or an instance; raises `Refused`, `ObjectsError`."""
        parts = path.parts
        if len(parts) not in {1, 2} or parts[0] not in self._held:
            raise Refused(codes.NOT_FOUND, f"{path} is not bootstrapped here")
        node = codecs.decode(content_format, payload, path, _REGISTRY)
        instances = node.instances if isinstance(node, Object) else (node,)
        for instance in instances:
            if isinstance(instance, ObjectInstance):
                self._held[parts[0]][instance.id] = instance

    def delete(self, path: Path) -> None:
        """Delete what is at and below a path; what is not there is no fault (§6.1.7.5)."""
        for number, instances in self._held.items():
            self._held[number] = {
                one: kept for one, kept in instances.items() if not path.contains(Path(number, one))
            }

    def links(self, path: Path) -> bytes:
        """Return what there is, as a Bootstrap-Discover tells it (§6.1.7.2)."""
        found = [Link("/", (("lwm2m", "1.1"),))]
        found += [
            Link(str(where), (("ssid", str(number)),))
            for where, number in self._numbered()
            if path.contains(where)
        ]
        return write(found)

    def read(self, path: Path) -> Object:
        """Return Object 1; all else is not to be read (§6.1.7.3); raises `Refused`."""
        if path != Path(SERVER):
            raise Refused(codes.METHOD_NOT_ALLOWED, f"{path} is not read in a bootstrap")
        return Object(SERVER, tuple(one for _, one in sorted(self._held[SERVER].items())))

    def account(self) -> Account:
        """Return the account that was written; raises `Refused` 4.06 where there is none."""
        for server in self._held[SERVER].values():
            for security in self._held[SECURITY].values():
                same = security.value(10, int) == server.value(0, int)
                if same and security.value(1, bool) is False:
                    return _account(security, server)
        raise Refused(codes.NOT_ACCEPTABLE, "there is no server with its security")

    def _numbered(self) -> Iterator[tuple[Path, int]]:
        numbers = {SECURITY: 10, SERVER: 0}
        for number, instances in self._held.items():
            for one, instance in sorted(instances.items()):
                yield Path(number, one), instance.value(numbers[number], int) or 0


def _account(security: ObjectInstance, server: ObjectInstance) -> Account:
    uri, mode = security.value(0, str) or "", security.value(2, int)
    lifetime = server.value(1, int) or 0
    try:
        scheme = authority(uri).scheme
    except ValueError:
        scheme = ""
    if (scheme, mode) not in {("coap", _NOSEC), ("coaps", _PSK)}:
        raise Refused(codes.NOT_ACCEPTABLE, f"{uri[:80]!r} with security mode {mode}")
    if not 0 < lifetime <= _LARGEST_LIFETIME:
        raise Refused(codes.NOT_ACCEPTABLE, f"{lifetime} is no lifetime")
    credential = None
    if mode == _PSK:
        identity, key = security.value(3, bytes), security.value(5, bytes)
        if not identity or not key:
            raise Refused(codes.NOT_ACCEPTABLE, "a key or its identity is missing")
        credential = PreSharedKey(identity.decode(errors="replace"), key)
    return Account(uri, lifetime, server.value(0, int) or 0, credential)


class _Site(Resource):  # type: ignore[misc] # aiocoap ships no types
    """Takes what the peer of `asked` writes; `finished` gets the account."""

    def __init__(self, asked: Any) -> None:
        super().__init__()
        self._asked = asked
        self.finished: asyncio.Future[Account] = asyncio.get_running_loop().create_future()
        self._bootstrap = Bootstrap()

    async def render(self, request: Any) -> Any:
        """Answer one request; never raises for anything that it may hold."""
        server = self._asked.remote
        if server is None or request.remote.hostinfo != server.hostinfo:
            return aiocoap.Message(code=aiocoap.UNAUTHORIZED)
        try:
            return self._answered(request)
        except UnsupportedFormat as fault:
            return _refusal(codes.UNSUPPORTED_CONTENT_FORMAT, fault)
        except Refused as fault:
            return _refusal(fault.code, fault)
        except ObjectsError as fault:
            return _refusal(codes.BAD_REQUEST, fault)

    def _answered(self, request: Any) -> Any:
        segments, options = request.opt.uri_path, request.opt
        if request.code == aiocoap.POST and segments == ("bs",):
            account = self._bootstrap.account()
            if not self.finished.done():
                # When the answer is on its way: what serves is closed by what follows.
                asyncio.get_running_loop().call_soon(self.finished.set_result, account)
            return aiocoap.Message(code=aiocoap.CHANGED)
        path = Path.parse("/".join(segments))
        match request.code:
            case aiocoap.PUT:
                form = options.content_format
                self._bootstrap.put(path, None if form is None else int(form), request.payload)
                return aiocoap.Message(code=aiocoap.CHANGED)
            case aiocoap.DELETE:
                self._bootstrap.delete(path)
                return aiocoap.Message(code=aiocoap.DELETED)
            case aiocoap.GET if options.accept == ContentFormat.LINK:
                links = self._bootstrap.links(path)
                return _content(links, ContentFormat.LINK)
            case aiocoap.GET:
                form = ContentFormat.TLV if options.accept is None else int(options.accept)
                payload = codecs.encode(form, path, self._bootstrap.read(path), _REGISTRY)
                return _content(payload, form)
        raise Refused(codes.METHOD_NOT_ALLOWED, "this is not asked in a bootstrap")


def _content(payload: bytes, form: int) -> Any:
    return aiocoap.Message(code=aiocoap.CONTENT, payload=payload, content_format=form)


def _refusal(code: int, fault: Exception) -> Any:
    return aiocoap.Message(code=aiocoap.Code(code), payload=str(fault).encode())


async def bootstrap(
    endpoint: str,
    uri: str,
    security: Security | None,
    failed: Callable[[str], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Account:
    """Ask the bootstrap server at `uri` until it has told an account; `failed` hears why not."""
    failures = 0
    while True:
        try:
            return await _once(endpoint, with_port(uri.rstrip("/")), security)
        except (aiocoap.error.Error, OSError, TimeoutError, Refused) as fault:
            failures += 1
            failed(str(fault) or type(fault).__name__)
            await sleep(pause(failures, random.random()))


async def _once(endpoint: str, uri: str, security: Security | None) -> Account:
    message = aiocoap.Message(code=aiocoap.POST, uri=f"{uri}/bs")
    message.opt.uri_query = (f"ep={endpoint}",)
    site = _Site(message)
    context, _ = await open_context(site, security)
    try:
        async with asyncio.timeout(_PATIENCE):
            answer = await context.request(message, handle_blockwise=False).response
            if not answer.code.is_successful():
                raise Refused(int(answer.code), f"the bootstrap server answered {answer.code}")
            account = await site.finished
            await asyncio.sleep(0)  # the answer to Finish goes out
            return account
    finally:
        await context.shutdown()
