"""Eclipse Leshan's client, which knows nothing but our bootstrap server, and the whole server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.service.bootstrap_accounts import Account, NewConfiguration, configured
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.services import Services
from lwm2m_server.settings import DtlsEngine, Settings
from objects.codecs import ContentFormat
from objects.path import Path as LwM2MPath
from objects.tree import Object

from .java import LESHAN, JavaPeer, java_peer

pytestmark = [pytest.mark.interop, pytest.mark.proves(peer=LESHAN)]

ENDPOINT = "urn:dev:leshan-bs"
PATIENCE = 20.0
KEY = bytes(range(32))


@dataclass
class Scene:
    server: Running
    peers: Path

    @property
    def plain(self) -> str:
        return f"coap://127.0.0.1:{self.server.coap_port}"

    @property
    def secure(self) -> str:
        return f"coaps://127.0.0.1:{self.server.coaps_port}"

    async def means(self, *accounts: Account, name: str = ENDPOINT, **more: Any) -> None:
        """Say what is to be written to the client."""
        asked = configured(
            NewConfiguration(accounts, **more), self.server.services.gateway.definitions
        )
        await self.server.services.bootstrap.configurations.put(name, asked)

    async def credential(self) -> dict[str, object]:
        """Have a key made for the bootstrap server; return the client's options for it."""
        issued = await self.server.services.bootstrap.credentials.add(NewCredential(ENDPOINT))
        assert issued.key is not None
        return {"identity": issued.credential.identity, "key": issued.key.hex()}

    def client(self, **options: object) -> AbstractAsyncContextManager[JavaPeer]:
        secured = {"identity", "certificate"} & {*options}
        port = self.server.bootstrap_coaps_port if secured else self.server.bootstrap_port
        uri = f"{'coaps' if secured else 'coap'}://127.0.0.1:{port}"
        return java_peer(self.peers, "LeshanPeer", bootstrap=uri, endpoint=ENDPOINT, **options)

    async def happened(self, wanted: Callable[[Event], bool]) -> Event:
        """Return the first event that is wanted."""
        async with asyncio.timeout(PATIENCE):
            async for event in self.server.services.events.follow(0):
                if wanted(event):
                    return event
        raise AssertionError

    async def ended(self) -> dict[str, Any]:
        """Return what is told of the first bootstrap that has come to its end."""
        phases = {"succeeded", "failed"}
        event = await self.happened(
            lambda one: one.kind is EventKind.BOOTSTRAP and one.data["phase"] in phases
        )
        return event.data


@pytest.fixture
async def scene(tmp_path: Path, java_peers: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path, java_peers) as scene:
        yield scene


@asynccontextmanager
async def opened(
    tmp_path: Path, java_peers: Path, engine: DtlsEngine = DtlsEngine.OPENSSL
) -> AsyncIterator[Scene]:
    settings = Settings(
        dtls_engine=engine,
        data=tmp_path,
        http_port=0,
        coap_host="127.0.0.1",
        coap_port=0,
        coaps_port=0,
        bootstrap_port=0,
        bootstrap_coaps_port=0,
        bootstrap_http_port=0,
        allow_nosec=True,
    )
    async with serving(settings) as server:
        yield Scene(server, java_peers)


@pytest.mark.parametrize("discover", [True, False])
@pytest.mark.parametrize(
    "pct", [None, ContentFormat.TLV, ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON]
)
@pytest.mark.proves(
    "bootstrap-client", "bootstrap-discover", "bootstrap-write", "bootstrap-finish", peer=LESHAN
)
async def test_0_client_initiated_bootstrap(scene: Scene, pct: int | None, discover: bool) -> None:
    await scene.means(Account(scene.plain, lifetime=77), discover=discover)
    async with scene.client(**({} if pct is None else {"pct": pct})) as peer:
        await peer.ask("register", event="bootstrapped")
        await peer.event("registered")
        assert scene.server.services.gateway.registration(ENDPOINT).lifetime == 77
    ended = await scene.ended()
    assert (ended["phase"], ended["written"]) == ("succeeded", ["/0/1", "/1/0"])


@pytest.mark.proves("bootstrap-psk", "bootstrap-default", peer=LESHAN)
async def test_1_bootstrap_over_psk_hands_out_a_credential(scene: Scene) -> None:
    """The default configuration: the endpoint has no account anywhere, and gets one of its own."""
    await scene.means(Account(scene.secure), name="*")
    credentials = scene.server.services.credentials
    assert credentials.list(ENDPOINT) == []
    async with scene.client(**await scene.credential()) as peer:
        await peer.ask("register", event="bootstrapped")
        await peer.event("registered")
        registration = scene.server.services.gateway.registration(ENDPOINT)
        (made,) = credentials.list(ENDPOINT)
        assert registration.identity.name == made.identity
        key = credentials.psk(made.identity)
        assert key is not None
        events = [one.data async for one in _all(scene)]
        assert key.hex() not in str(events)


async def test_1_bootstrap_over_psk_by_the_other_engine(
    tmp_path: Path, java_peers: Path, pion: Path
) -> None:
    async with opened(tmp_path, java_peers, DtlsEngine.PION) as scene:
        await scene.means(Account(scene.secure))
        async with scene.client(**await scene.credential()) as peer:
            await peer.ask("register", event="bootstrapped")
            await peer.event("registered")


async def test_1_bootstrap_over_psk_with_keys_that_are_told(scene: Scene) -> None:
    await scene.server.services.credentials.add(
        NewCredential(ENDPOINT, identity=f"{ENDPOINT}:dm", key=KEY)
    )
    await scene.means(Account(scene.secure, identity="{endpoint}:dm", key=KEY), name="*")
    async with scene.client(**await scene.credential()) as peer:
        await peer.ask("register", event="bootstrapped")
        await peer.event("registered")
        identity = scene.server.services.gateway.registration(ENDPOINT).identity
        assert identity.name == f"{ENDPOINT}:dm"


async def test_1_keys_do_not_go_to_whom_nobody_knows(scene: Scene) -> None:
    await scene.means(Account(scene.secure, identity="{endpoint}:dm", key=KEY))
    async with scene.client() as peer:
        refused = await peer.ask("register", event="failed")
        assert refused["code"] == "FORBIDDEN(403)"


@pytest.mark.parametrize("mode", [SecurityMode.PSK, SecurityMode.X509])
async def test_1_the_credential_that_is_there_is_handed_out(
    scene: Scene, mode: SecurityMode
) -> None:
    issued = await scene.server.services.credentials.add(NewCredential(ENDPOINT, mode))
    await scene.means(Account(scene.secure))
    async with scene.client(**await scene.credential()) as peer:
        await peer.ask("register", event="bootstrapped")
        await peer.event("registered")
        identity = scene.server.services.gateway.registration(ENDPOINT).identity
        assert identity == Identity(mode, issued.credential.identity)


@pytest.mark.proves("bootstrap-certificate", peer=LESHAN)
async def test_2_bootstrap_by_certificate(scene: Scene) -> None:
    service = scene.server.services.bootstrap
    issued = await service.credentials.add(NewCredential(ENDPOINT, SecurityMode.X509))
    assert issued.public is not None
    assert issued.private_key is not None
    own = service.credentials.own_certificate()
    assert own is not None
    trusted = load_pem_x509_certificate(own[0]).public_bytes(Encoding.DER)
    await scene.means(Account(scene.secure))
    proof = {
        "certificate": issued.public.hex(),
        "private": issued.private_key.hex(),
        "trusted": trusted.hex(),
    }
    async with scene.client(**proof) as peer:
        await peer.ask("register", event="bootstrapped")
        await peer.event("registered")
    assert (await scene.ended())["phase"] == "succeeded"


@pytest.mark.proves("api-bootstrap", peer=LESHAN)
async def test_1_as_suites_ask_for_it_in_leshan_s_shape(scene: Scene) -> None:
    """What Zephyr's interoperability suite sends to Leshan's two demo servers, as it sends it."""
    keys = {"bootstrap": "b" * 16, "management": "m" * 16}
    tls = {
        role: {"mode": "psk", "details": {"identity": ENDPOINT, "key": key.encode().hex()}}
        for role, key in keys.items()
    }
    account = {
        "bootstrapServer": False,
        "clientOldOffTime": 1,
        "publicKeyOrId": [*ENDPOINT.encode()],
        "secretKey": [*keys["management"].encode()],
        "securityMode": "PSK",
        "serverId": 1,
        "serverSmsNumber": "",
        "smsBindingKeyParam": [],
        "smsBindingKeySecret": [],
        "smsSecurityMode": "NO_SEC",
        "uri": scene.secure,
    }
    server = {
        "binding": "U",
        "defaultMinPeriod": 1,
        "lifetime": 86400,
        "notifIfDisabled": False,
        "shortId": 1,
    }
    configuration = {
        "servers": {"0": server},
        "security": {"1": account},
        "oscore": {},
        "toDelete": ["/0", "/1"],
    }
    ports = {
        "bootstrap": scene.server.bootstrap_http_port,
        "management": scene.server.http_port,
    }
    async with httpx.AsyncClient() as http:
        for role, port in ports.items():
            told = {"endpoint": ENDPOINT, "tls": tls[role]}
            uri = f"http://127.0.0.1:{port}/api/security/clients/"
            (await http.put(uri, json=told)).raise_for_status()
        uri = f"http://127.0.0.1:{ports['bootstrap']}/api/bootstrap/{ENDPOINT}"
        (await http.post(uri, json=configuration)).raise_for_status()
        known = {"identity": ENDPOINT, "key": keys["bootstrap"].encode().hex()}
        async with scene.client(**known) as peer:
            await peer.ask("register", event="bootstrapped")
            await peer.event("registered")
            shown = await http.get(f"http://127.0.0.1:{ports['management']}/api/clients/{ENDPOINT}")
    assert shown.json()["secure"] is True


@pytest.mark.proves("bootstrap-delete", peer=LESHAN)
async def test_4_bootstrap_delete(scene: Scene) -> None:
    services = scene.server.services
    dead = Account("coap://127.0.0.1:9", short_server_id=2)
    await scene.means(Account(scene.plain), dead)
    async with scene.client() as peer:
        await peer.ask("register", event="registered")
        assert await there(services, 1) == {0, 1}
        await scene.means(delete=["/0/2", "/1/1"])
        await services.bootstrap.trigger(ENDPOINT, 0)
        await peer.event("bootstrapped")
        await peer.event("registered")
        assert await there(services, 1) == {0}


async def there(services: Services, object_id: int) -> set[int]:
    """Return the instances of an object that the client has."""
    node = await services.gateway.read(ENDPOINT, LwM2MPath(object_id))
    assert isinstance(node, Object)
    return {one.id for one in node.instances}


@pytest.mark.proves("bootstrap-server", peer=LESHAN)
async def test_5_server_triggered_bootstrap(scene: Scene) -> None:
    await scene.means(Account(scene.plain, lifetime=77))
    async with scene.client() as peer:
        await peer.ask("register", event="registered")
        await scene.means(Account(scene.plain, lifetime=88))
        await scene.server.services.bootstrap.trigger(ENDPOINT)
        await peer.event("bootstrapped")
        await peer.event("registered")
        assert scene.server.services.gateway.registration(ENDPOINT).lifetime == 88


@pytest.mark.proves("bootstrap-read", peer=LESHAN)
async def test_8_bootstrap_read(scene: Scene) -> None:
    await scene.means(Account(scene.plain), read=["/1"])
    async with scene.client() as peer:
        await peer.ask("register", event="registered")
        await scene.server.services.bootstrap.trigger(ENDPOINT)
        await peer.event("registered")
    ends = [
        one.data
        async for one in _all(scene)
        if one.kind is EventKind.BOOTSTRAP and one.data["phase"] == "succeeded"
    ]
    assert [end["read"]["/1/0/1"] for end in ends if "/1/0/1" in end.get("read", {})] == [86400]


@pytest.mark.proves("bootstrap-finish", peer=LESHAN)
async def test_9_an_inconsistent_configuration_is_told(scene: Scene) -> None:
    """Whether a certificate is of use the client judges: it answers Finish by 4.06."""
    account: dict[str, Any] = {"0": scene.secure, "1": False, "2": 2, "10": 7}
    keys = {"3": "00", "4": "00", "5": "00"}
    server = {"0": 7, "1": 60, "6": True, "7": "U"}
    await scene.means(instances={"/0/1": account | keys, "/1/0": server}, in_clear=True)
    async with scene.client() as peer:
        peer.tell("register")
        ended = await scene.ended()
    assert ended["phase"] == "failed"
    assert ended["reason"].startswith("Finish: the endpoint answered 4.06")


async def _all(scene: Scene) -> AsyncIterator[Event]:
    for event in await scene.server.services.events.recent(0, 1000):
        yield event
