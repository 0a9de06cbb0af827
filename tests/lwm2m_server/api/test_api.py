"""The API over real HTTP on a server with no devices: answers, refusals, limits."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from lwm2m_server.app import serving
from lwm2m_server.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def client_of(data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Serve what is in `data`, and give a client of it."""
    settings = Settings(
        data=data,
        http_port=0,
        coap_port=0,
        coaps_port=0,
        coap_host="127.0.0.1",
        upload_limit=100_000,
    )
    async with (
        serving(settings) as running,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.http_port}") as client,
    ):
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """One server for all that only ask, or are refused: none of it changes anything."""
    async with client_of(tmp_path_factory.mktemp("api")) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A server for one test alone, which changes what is there."""
    async with client_of(tmp_path) as client:
        yield client


async def test_health(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/health")).json()
    assert (answer["status"], answer["registrations"]) == ("ok", 0)


async def test_the_openapi_page_needs_no_internet(api: httpx.AsyncClient) -> None:
    page = await api.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    script = await api.get("/static-offline-docs/swagger-ui-bundle.js")
    assert script.status_code == 200
    paths = (await api.get("/openapi.json")).json()["paths"]
    assert {"/v1/devices", "/v1/deployments", "/v1/events/stream", "/health"} <= set(paths)


async def test_the_address_alone_leads_to_the_page(api: httpx.AsyncClient) -> None:
    page = await api.get("/", follow_redirects=True)
    assert (page.status_code, page.url.path) == (200, "/docs")


@pytest.mark.proves("openapi")
async def test_every_operation_is_explained(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["description"].startswith(operation["summary"]), path
            assert " " in operation["summary"], path
    described = {tag["name"] for tag in document["tags"]}
    used = {
        tag for path in document["paths"].values() for op in path.values() for tag in op["tags"]
    }
    assert described == used
    shape = [path for path in document["paths"] if path.startswith("/api/")]
    assert {"/api/clients", "/api/event", "/api/security/clients"} <= set(shape)


@pytest.mark.parametrize(
    "path", ["devices", "builds", "deployments", "firmware", "events", "credentials"]
)
async def test_lists_begin_empty(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(f"/v1/{path}")
    assert (answer.status_code, answer.json()) == (200, [])


async def test_the_zoo_has_the_starter_model(api: httpx.AsyncClient) -> None:
    (model,) = (await api.get("/v1/models")).json()
    assert model["name"] == "digits"
    assert {"int8"} <= {variant["name"] for variant in model["variants"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/v1/devices/none", None, 404, "none"),
        ("GET", "/v1/devices/none/resources/3/0/0", None, 404, "none"),
        ("GET", "/v1/devices/none/resources/3/x", None, 400, "'x'"),
        ("PUT", "/v1/devices/none/board", {"board": "sim-m4"}, 404, "none"),
        ("GET", "/v1/builds/none", None, 404, "none"),
        ("GET", "/v1/builds/none/report.html", None, 404, "none"),
        ("GET", "/v1/deployments/none", None, 404, "none"),
        ("POST", "/v1/deployments/none/cancel", None, 404, "none"),
        ("GET", "/v1/models/none", None, 404, "none"),
        ("POST", "/v1/deployments", {"endpoint": "none", "model": "digits"}, 404, "none"),
        ("POST", "/v1/deployments", {"via": "pigeon"}, 422, "pigeon"),
        ("GET", "/v1/deployments?limit=0", None, 422, "limit"),
        ("DELETE", "/v1/credentials/none", None, 404, "no credential 'none'"),
        ("POST", "/v1/credentials/none/rotate", None, 404, "no credential 'none'"),
        ("POST", "/v1/credentials", {}, 400, "name one"),
    ],
)
async def test_a_refusal_says_what_and_why(
    api: httpx.AsyncClient, method: str, path: str, body: object, status: int, words: str
) -> None:
    answer = await api.request(method, path, json=body)
    assert answer.status_code == status
    assert words in answer.text
    assert "Traceback" not in answer.text


def starter() -> bytes:
    """The bytes of the starter model."""
    folder = resources.files("firmware_store")
    (file,) = [
        f for f in Path(str(folder)).rglob("*.tflite") if "int8" in f.name or "digits" in str(f)
    ][:1]
    return file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"this is no model", b"\x00" * 64])
async def test_what_is_no_model_is_refused_and_changes_nothing(
    api: httpx.AsyncClient, content: bytes
) -> None:
    answer = await api.put("/v1/models/broken", content=content)
    assert answer.status_code in {400, 422}
    assert [model["name"] for model in (await api.get("/v1/models")).json()] == ["digits"]


async def test_a_truncated_model_is_refused(api: httpx.AsyncClient) -> None:
    whole = starter()
    answer = await api.put("/v1/models/broken", content=whole[: len(whole) // 2])
    assert answer.status_code == 400
    assert "broken" in answer.json()["detail"]


async def test_a_model_is_kept(own: httpx.AsyncClient) -> None:
    answer = await own.put("/v1/models/mine", content=starter())
    assert answer.status_code == 201
    assert (await own.get("/v1/models/mine")).json()["variants"][0]["size"] == len(starter())


async def test_a_body_beyond_the_limit_is_refused(api: httpx.AsyncClient) -> None:
    announced = await api.put("/v1/models/big", content=bytes(100_001))
    assert announced.status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(10_000)

    assert (await api.put("/v1/models/big", content=chunks())).status_code == 413


async def test_firmware_is_kept_byte_for_byte(own: httpx.AsyncClient) -> None:
    answer = await own.put("/v1/firmware/app/1.0.0?board=my-board", content=b"opaque bytes")
    assert answer.status_code == 201
    (entry,) = (await own.get("/v1/firmware")).json()
    assert (entry["reference"], entry["size"], entry["format"]) == ("app@1.0.0", 12, "opaque")


@pytest.mark.parametrize("name", ["urn:x/y", "gerät ✓", "%2F", "?#"])
async def test_any_endpoint_name_has_an_address(api: httpx.AsyncClient, name: str) -> None:
    for path in ("", "/resources/3/0"):
        answer = await api.get(f"/v1/devices/{quote(name, safe='')}{path}")
        assert answer.json()["detail"] == f"no endpoint {name!r}"


async def test_a_follower_does_not_hold_the_server_up(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path, http_port=0, coap_port=0, coaps_port=0, coap_host="127.0.0.1"
    )
    async with httpx.AsyncClient() as client, AsyncExitStack() as following:
        async with serving(settings) as running:
            url = f"http://127.0.0.1:{running.http_port}/v1/events/stream"
            answer = await following.enter_async_context(client.stream("GET", url))
        # A connection that the server had to break would raise.
        assert await answer.aread() == b""


@pytest.mark.parametrize("kind", ["http", "coap"])
async def test_a_port_that_is_taken_is_named(tmp_path: Path, kind: str) -> None:
    first = Settings(
        data=tmp_path / "1", http_port=0, coap_port=0, coaps_port=0, coap_host="127.0.0.1"
    )
    async with serving(first) as running:
        port = getattr(running, f"{kind}_port")
        second = replace(first, data=tmp_path / "2", **{f"{kind}_port": port})
        words = f"127.0.0.1 port {port}: Address already in use; --{kind}-port"
        with pytest.raises(OSError, match=words):
            async with serving(second):
                pass
