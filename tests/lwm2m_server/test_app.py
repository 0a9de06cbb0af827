"""What a server makes of a data folder that it cannot have, or cannot use."""

from dataclasses import replace
from pathlib import Path

import pytest

from lwm2m_server.app import serving
from lwm2m_server.settings import Settings


def settings(data: Path) -> Settings:
    return Settings(data=data, http_port=0, coap_port=0, coap_host="127.0.0.1")


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
