"""`tinymlaas simulate` as a process: devices do not outlive what they belong to."""

import asyncio
import socket
import sys
from pathlib import Path

from firmware_store import Store

from .process import free_port


async def test_devices_end_with_the_input_of_whoever_started_them(tmp_path: Path) -> None:
    key = tmp_path / "key.der"
    key.write_bytes(Store(tmp_path).keys.ensure().public_der)
    nobody = f"coap://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "lwm2m_server", "simulate", "sim-tiny", "--json"),
        *("--coap", nobody, "--key", str(key), "--until-eof"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert b'"booted"' in await process.stdout.readline()
        process.stdin.write(b"words are not waited for")
        await process.stdin.drain()
        assert b'"unreachable"' in await process.stdout.readline()
        process.stdin.close()
        assert await process.wait() == 0
