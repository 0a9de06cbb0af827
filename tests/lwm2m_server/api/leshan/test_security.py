"""`/api/security` and `/api/server`: credentials go in, and keys never out."""

from typing import Any

import pytest

from ...pki import spki
from .scene import Scene

KEY = "5e" * 16


pytestmark = pytest.mark.asyncio(loop_scope="module")


def psk(endpoint: str = "dev", identity: str = "dev", key: str = KEY) -> dict[str, Any]:
    details = {"identity": identity, "key": key}
    return {"endpoint": endpoint, "tls": {"mode": "psk", "details": details}}


async def put(api: Scene, info: Any, path: str = "/api/security/clients/") -> None:
    answer = await api.http.put(f"{path}?timeout=10&format=TLV", json=info)
    assert (answer.status_code, answer.content) == (200, b"")


async def listed(api: Scene) -> Any:
    return (await api.http.get("/api/security/clients", params={"timeout": 10})).json()


async def test_a_psk_goes_in_and_never_out(api: Scene) -> None:
    assert await listed(api) == []
    await put(api, psk())
    assert api.world.services.credentials.psk("dev") == bytes.fromhex(KEY)
    assert await listed(api) == [psk(key="")]


async def test_the_shape_of_older_milestones_is_taken(api: Scene) -> None:
    await put(api, {"endpoint": "dev", "psk": {"identity": "who", "key": KEY}})
    assert api.world.services.credentials.psk("who") == bytes.fromhex(KEY)
    public = spki("dev").der.hex()
    await put(api, {"endpoint": "other", "rpk": {"key": public}}, "/api/security/clients")
    assert (await listed(api))[1] == {
        "endpoint": "other",
        "tls": {"mode": "rpk", "details": {"key": ""}},
    }


async def test_oscore_goes_in(api: Scene) -> None:
    oscore = {"rid": "0a0b", "sid": "00", "msec": KEY}
    await put(api, {"endpoint": "dev", "oscore": oscore})
    shown = {**oscore, "msec": "", "aead": 10, "hkdf": -10}
    assert await listed(api) == [{"endpoint": "dev", "oscore": shown}]
    assert api.world.services.credentials.oscore("0a0b") == bytes.fromhex(KEY)


async def test_a_put_takes_the_place_of_all_that_was(api: Scene) -> None:
    credentials = api.world.services.credentials
    await put(api, psk())
    (first,) = credentials.list("dev")
    await put(api, psk())
    assert credentials.list("dev") == [first]  # the very same one stays
    await put(api, psk(key="60" * 16))
    assert credentials.psk("dev") == bytes.fromhex("60" * 16)
    await put(api, psk(identity="new"))
    assert credentials.psk("dev") is None
    assert [one.identity for one in credentials.list("dev")] == ["new"]


async def test_a_put_that_is_refused_changes_nothing(api: Scene) -> None:
    await put(api, psk())
    await put(api, psk("other", "other"))
    answer = await api.http.put("/api/security/clients", json=psk(identity="other"))
    assert (answer.status_code, "'other' is taken" in answer.text) == (400, True)
    assert api.world.services.credentials.psk("dev") == bytes.fromhex(KEY)
    assert len(await listed(api)) == 2


async def test_a_delete_revokes(api: Scene) -> None:
    await put(api, psk("urn:x/y"))
    answer = await api.http.delete("/api/security/clients/urn:x%2Fy")
    assert (answer.status_code, answer.content) == (200, b"")
    assert await listed(api) == []
    answer = await api.http.delete("/api/security/clients/urn:x%2Fy")
    assert answer.json() == {"message": "not_found"}


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ([], "no JSON object"),
        ({}, "endpoint is missing"),
        ({"endpoint": ""}, "endpoint"),
        ({"endpoint": "dev"}, "one of tls, oscore"),
        ({"endpoint": "dev", "tls": KEY}, "mode is missing"),
        ({"endpoint": "dev", "tls": {"mode": "pigeon"}}, "'pigeon' is none of psk"),
        ({"endpoint": "dev", "tls": {"mode": "psk"}}, "identity is missing"),
        ({"endpoint": "dev", "tls": {"mode": "x509"}}, "trust the CA"),
        (psk(key=f"{KEY}5"), "key: this is not hexadecimal"),
        (psk(key=KEY[:8]), "16 to 64 bytes"),
        (psk(identity=""), "PSK identity"),
        (psk("x" * 256), "an endpoint's name is at most 255 bytes"),
        ({"endpoint": "dev", "oscore": {"rid": "0a", "sid": "0b", "msec": KEY}}, "sender id is 00"),
        ({"endpoint": "dev", "oscore": {"rid": "0a", "sid": "00"}}, "msec is missing"),
    ],
)
async def test_a_refusal_does_not_repeat_a_key(api: Scene, info: Any, words: str) -> None:
    answer = await api.http.put("/api/security/clients", json=info)
    assert (answer.status_code, "5e5e" in answer.text) == (400, False)
    assert words in answer.text
    assert await listed(api) == []


async def test_a_server_without_a_certificate_shows_none(api: Scene) -> None:
    for path in ("/api/server/security", "/api/security/server"):
        assert (await api.http.get(path)).json() == {}
    assert (await api.http.get("/api/server/endpoint")).json() == []
