"""What a server makes of a data folder that it cannot have, or cannot use."""

import asyncio
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from structlog.testing import capture_logs

from lwm2m_server.app import serving
from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.protocol.identity import NOSEC
from lwm2m_server.service.errors import UnusableSecret
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.settings import Settings
from lwm2m_server.storage.database import migrate

from .transport.dtls.client import Client as Dtls
from .transport.dtls.test_shell import Device


def settings(data: Path) -> Settings:
    return Settings(data=data, http_port=0, coap_port=0, coaps_port=0, coap_host="127.0.0.1")


async def test_a_data_folder_has_one_server(tmp_path: Path) -> None:
    async with serving(settings(tmp_path)):
        with pytest.raises(OSError, match="another server uses this folder"):
            async with serving(settings(tmp_path)):
                pass
    async with serving(settings(tmp_path)) as running:
        assert running.http_port


async def test_tcp_and_tls_are_served_where_ports_are_told(tmp_path: Path) -> None:
    async with serving(settings(tmp_path)) as running:
        assert (running.coap_tcp_port, running.coaps_tcp_port) == (None, None)
    told = replace(settings(tmp_path), coap_tcp_port=0, coaps_tcp_port=0)
    async with serving(told) as running:
        assert running.coap_tcp_port
        assert running.coaps_tcp_port
        taken = replace(settings(tmp_path / "2"), coap_tcp_port=running.coap_tcp_port)
        with pytest.raises(OSError, match="--coap-tcp-port chooses another"):
            async with serving(taken):
                pass


async def test_bootstraps_are_served_where_ports_are_told(tmp_path: Path) -> None:
    async with serving(settings(tmp_path)) as running:
        assert (running.bootstrap_port, running.bootstrap_coaps_port) == (None, None)
    async with serving(replace(settings(tmp_path), bootstrap_coaps_port=0)) as running:
        assert running.bootstrap_port is None
        assert running.bootstrap_coaps_port
    async with serving(replace(settings(tmp_path), bootstrap_port=0)) as running:
        assert running.bootstrap_coaps_port is None
        taken = replace(settings(tmp_path / "2"), bootstrap_port=running.bootstrap_port)
        with pytest.raises(OSError, match="--bootstrap-port chooses another"):
            async with serving(taken):
                pass


@pytest.mark.parametrize("use", ["management", "bootstrap"])
async def test_operators_are_told_of_a_wrong_key(tmp_path: Path, use: str) -> None:
    soon = replace(LIMITS, handshake_time=0.05)
    told = replace(settings(tmp_path), limits=soon, coap_host="::1", bootstrap_coaps_port=0)
    async with serving(told) as running:
        services = running.services
        bootstrap = use == "bootstrap"
        keys = services.bootstrap.credentials if bootstrap else services.credentials
        await keys.add(NewCredential("dev"))
        port = running.bootstrap_coaps_port if bootstrap else running.coaps_port
        device = Device(port, Dtls("dev", b"another key 0123"))
        device.send(*device.client.step())
        for _ in range(2):
            device.send(*device.client.step(await device.receive()))
        async with asyncio.timeout(10):
            async for event in services.events.follow(0):
                if event.kind is EventKind.REFUSED:
                    break
        device.close()
    assert event.endpoint == "dev"
    assert event.data["address"].startswith("coaps://[::1]:")
    assert "PSK identity 'dev' was named by a peer that did not prove it" in event.data["why"]


@pytest.mark.parametrize("damage", ["no database at all", "an overwritten page"])
async def test_a_damaged_database_is_named_and_left_alone(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "tinymlaas.db"
    content = b"no SQLite " * 100
    if damage == "an overwritten page":
        async with serving(settings(tmp_path)):
            pass
        content = bytearray(file.read_bytes())
        content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)
    with pytest.raises(OSError, match=r"tinymlaas\.db") as refused:
        async with serving(settings(tmp_path)):
            pass
    assert "restore it, or move it away" in str(refused.value)
    assert file.read_bytes() == content


async def test_the_keys_of_a_data_folder_are_its_owner_s_alone(tmp_path: Path) -> None:
    async with serving(settings(tmp_path)) as running:
        await running.services.credentials.add(NewCredential("dev"))
    secrets = tmp_path / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    kept = {file.name: stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()}
    assert kept == {
        "credentials.key": 0o600,
        "server-certificate.pem": 0o600,
        "server-key.pem": 0o600,
    }


async def test_no_umask_and_no_folder_that_was_there_opens_the_keys(tmp_path: Path) -> None:
    secrets = tmp_path / "data" / "secrets"
    former = os.umask(0)
    try:
        async with serving(settings(tmp_path / "data")):
            pass
        kept = [tmp_path / "data", secrets, *secrets.iterdir(), *secrets.parent.glob("keys/*")]
        assert len(kept) == 6
        assert [path for path in kept if path.stat().st_mode & 0o077] == []
        secrets.chmod(0o777)  # as a backup may bring it back
        (secrets / "credentials.key").chmod(0o644)
        with capture_logs() as told:
            async with serving(settings(tmp_path / "data")):
                pass
    finally:
        os.umask(former)
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
    (files,) = [line["files"] for line in told if "files" in line]
    assert files == [str(secrets), str(secrets / "credentials.key")]


async def test_a_data_folder_without_its_secrets_is_refused_and_left_alone(
    tmp_path: Path,
) -> None:
    async with serving(settings(tmp_path / "data")) as running:
        made = (await running.services.credentials.add(NewCredential("dev"))).key
    secrets = tmp_path / "data" / "secrets"
    secrets.rename(tmp_path / "kept")
    for _ in range(2):  # nor does the first refusal leave a key that the second would take
        with pytest.raises(UnusableSecret, match="1 stored credentials are sealed with"):
            async with serving(settings(tmp_path / "data")):
                pass
        assert not (secrets / "credentials.key").exists()
    shutil.rmtree(secrets, ignore_errors=True)
    (tmp_path / "kept").rename(secrets)
    async with serving(settings(tmp_path / "data")) as running:
        assert running.services.credentials.psk("dev") == made


@pytest.mark.parametrize(("host", "told"), [("127.0.0.1", 0), ("0.0.0.0", 1)])
async def test_an_api_that_others_reach_is_a_warning(tmp_path: Path, host: str, told: int) -> None:
    with capture_logs() as lines:
        async with serving(replace(settings(tmp_path), http_host=host)):
            pass
    assert sum("add and revoke devices' keys" in line["event"] for line in lines) == told


async def test_a_former_release_s_devices_have_to_prove_themselves(tmp_path: Path) -> None:
    """Its data folder has no identities, no credentials, no secrets."""
    engine = create_engine(f"sqlite:///{tmp_path / 'tinymlaas.db'}")
    with engine.begin() as connection:
        migrate(connection, "0001")
        columns = "id, endpoint, address, lifetime, lwm2m_version, binding, queue_mode, objects,"
        columns += " registered_at, updated_at, expires_at, root, content_formats, parameters"
        for name in ("one", "two"):
            connection.exec_driver_sql(
                f"INSERT INTO registrations ({columns}) VALUES"
                f" ('r-{name}', '{name}', 'coap://127.0.0.1:9?local=127.0.0.1', 86400, '1.1', 'U',"
                f" 0, '[\"/3/0\"]', 1, 1, 9e9, '/', '[]', '[]')"
            )
    engine.dispose()
    open_to_all = replace(settings(tmp_path), allow_nosec=True)
    async with serving(open_to_all) as running:
        registered = running.services.registrations.all()
        assert [(one.endpoint, one.identity) for one in registered] == [
            ("one", NOSEC),
            ("two", NOSEC),
        ]
        await running.services.credentials.add(NewCredential("one"))
        assert [one.endpoint for one in running.services.registrations.all()] == ["two"]
    with capture_logs() as told:
        async with serving(settings(tmp_path)) as running:
            assert running.services.registrations.all() == []
    (line,) = [line for line in told if line["event"].startswith("registrations ended")]
    assert (line["count"], line["first"]) == (1, "two")
    async with serving(open_to_all) as running:
        assert running.services.registrations.all() == []


@pytest.mark.parametrize("key", ["missing", "another's", "damaged", "told wrongly"])
async def test_a_master_key_that_is_not_the_right_one_stops_the_start(
    tmp_path: Path, key: str
) -> None:
    async with serving(settings(tmp_path)) as running:
        made = (await running.services.credentials.add(NewCredential("dev"))).key
    file = tmp_path / "secrets" / "credentials.key"
    right, now = file.read_text(), settings(tmp_path)
    if key == "told wrongly":
        now = replace(now, secret_key="00" * 32)
    elif key == "missing":
        file.unlink()
    else:
        file.write_text({"another's": "00" * 32, "damaged": right[:40]}[key])
    with pytest.raises(UnusableSecret, match=r"credentials\.key|TINYMLAAS_SECRET_KEY"):
        async with serving(now):
            pass
    file.write_text(right)
    async with serving(settings(tmp_path)) as running:
        assert running.services.credentials.psk("dev") == made


async def test_the_environment_tells_the_master_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "elsewhere"
    file.write_text("5e" * 32)
    monkeypatch.setenv("TINYMLAAS_SECRET_KEY_FILE", str(file))
    assert settings(tmp_path).master_key.load() == b"\x5e" * 32
    monkeypatch.setenv("TINYMLAAS_SECRET_KEY", "ab" * 32)
    assert settings(tmp_path).master_key.load() == b"\xab" * 32
    assert "ab" * 32 not in repr(settings(tmp_path))


async def test_half_a_certificate_is_refused(tmp_path: Path) -> None:
    half = replace(settings(tmp_path), certificate=tmp_path / "c.pem")
    with pytest.raises(UnusableSecret, match="go together"):
        async with serving(half):
            pass


@pytest.mark.parametrize(
    ("host", "exposed"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("::", True), ("10.0.0.1", True)],
)
def test_unproven_devices_from_elsewhere_are_a_warning(
    tmp_path: Path, host: str, exposed: bool
) -> None:
    told = replace(settings(tmp_path), coap_host=host)
    assert not told.exposes_nosec
    assert replace(told, allow_nosec=True).exposes_nosec == exposed
