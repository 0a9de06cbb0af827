"""DTLS: handshakes with a registration each, per CPU-second of the server, and bytes per session.

    python -m tests.benchmarks.dtls_handshakes [SESSIONS] [AT_ONCE] [ENGINE]

One line for each engine: OpenSSL within the server, and pion beside it if it has been built
(`make dtls-engine`), whose process counts as part of the server. The server runs on one core,
the devices on the next. The figure is the server's own CPU time (user and system), from the
first datagram to the last answer: cookie, handshake, one registration in one record, its
answer. It answers without the registry, so that DTLS is seen by itself.
"""

import asyncio
import gc
import json
import multiprocessing
import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from compiler.toolchain import cache_folder
from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.transport.dtls.binding import version
from lwm2m_server.transport.dtls.build import built
from lwm2m_server.transport.dtls.process import ProcessPort
from lwm2m_server.transport.dtls.shell import DtlsPort
from tests.lwm2m_server.transport.dtls.client import Client
from tests.lwm2m_server.transport.dtls.keyring import KEY

_LINKS = b'</>;rt="oma.lwm2m";ct=110,</1/0>,</3/0>,</5/0>,</26241/0>,</26242/1>,</26242/2>'
_GOAL = 1_500


class AnyDevice:
    """A keyring that knows every device."""

    def psk(self, identity: str) -> bytes | None:
        return KEY if identity.startswith("dev") else None

    def own_certificate(self) -> None:
        return None


def devices(port: int, total: int, at_once: int, cores: set[int], out) -> None:
    """Register `total` devices, `at_once` of them under way; keep their sockets, not their DTLS."""
    os.sched_setaffinity(0, cores)
    selector = selectors.DefaultSelector()
    begun = done = 0
    kept = []
    while done < total:
        while begun < total and begun - done < at_once:
            device = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            device.connect(("::1", port))
            client = Client(identity=f"dev{begun}")
            selector.register(device, selectors.EVENT_READ, client)
            for datagram in client.step():
                device.send(datagram)
            begun += 1
        for ready, _ in selector.select(5.0):
            device, client = ready.fileobj, ready.data
            datagram = device.recv(2048)
            if client.done:
                answers = client.read(datagram)
                if not answers:
                    continue  # a flight once more, as of a server that waited a second
                assert decode(answers[0]).code == Code.CREATED
                selector.unregister(device)
                kept.append(device.detach())
                done += 1
                continue
            flight = client.step(datagram)
            if client.done:
                flight.append(client.seal(_register(kept, client)))
            for datagram in flight:
                device.send(datagram)
    out.send(done)
    out.recv()


def _register(kept: list[int], client: Client) -> bytes:
    options = Options(
        uri_path=("rd",), uri_query=(f"ep={client.identity}", "lt=3600", "lwm2m=1.1", "b=U"),
        content_format=40,
    )  # fmt: skip
    number = len(kept) & 0xFFFF
    return encode(Message(Code.POST, options, _LINKS, Type.CON, number, number.to_bytes(2, "big")))


def _resident(port: DtlsPort | ProcessPort) -> int:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _pids(port))
    return pages * resource.getpagesize()


def _cpu(port: DtlsPort | ProcessPort) -> float:
    """Return the CPU seconds, user and system, of all that belongs to the server."""
    ticks = 0
    for pid in _pids(port):
        # After the name, which may hold anything: utime and stime are 14 and 15 (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _pids(port: DtlsPort | ProcessPort) -> list[int]:
    beside = port.pid if isinstance(port, ProcessPort) else None
    return [os.getpid(), *([beside] if beside is not None else [])]


def _bare(pairs) -> None:
    for session, datagram in pairs:
        request = decode(datagram)
        assert session.address
        created = Options(location_path=("rd", "0"))
        session.send(
            encode(Message(Code.CREATED, created, b"", Type.ACK, request.id, request.token))
        )


async def _opened(engine: str, limits: Limits) -> DtlsPort | ProcessPort:
    if engine == "openssl":
        return await DtlsPort.open(
            "::1", 0, AnyDevice(), _bare, lambda *_: None, unreachable=lambda *_: None,
            limits=limits,
        )  # fmt: skip
    program = built(cache_folder("dtls"))
    assert program is not None
    return await ProcessPort.open(
        ("::1", 0), (str(program),), AnyDevice(), received=_bare, ended=lambda *_: None,
        limits=limits,
    )  # fmt: skip


async def measure(engine: str, total: int, at_once: int) -> dict[str, float]:
    ours, theirs, *_ = sorted(os.sched_getaffinity(0)) * 2
    os.sched_setaffinity(0, {ours})
    port = await _opened(engine, _limits(total))
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(
        target=devices, args=(port.port, total, at_once, {theirs}, there), daemon=True
    )
    process.start()
    loop = asyncio.get_running_loop()
    gc.collect()
    memory, cpu, wall = _resident(port), _cpu(port), time.monotonic()
    finished = loop.create_future()
    loop.add_reader(here, lambda: finished.done() or finished.set_result(here.recv()))
    await finished
    cpu, wall = _cpu(port) - cpu, time.monotonic() - wall
    loop.remove_reader(here)
    assert len(port) == total
    gc.collect()
    memory = _resident(port) - memory
    here.send(None)
    process.join()
    port.close()
    return {
        "sessions": total,
        "per_cpu_second": round(total / cpu),
        "cpu_us": round(cpu / total * 1e6, 1),
        "per_second": round(total / wall),
        "bytes_per_session": round(memory / total),
    }


def _limits(total: int):
    return replace(LIMITS, handshakes=1_000_000, sessions=total + 1, half_open=total + 1)


def main() -> int:
    arguments = sys.argv[1:]
    total, at_once, *_ = (*map(int, arguments[:2]), *(2_000, 32)[len(arguments[:2]) :])
    if not arguments[2:]:  # each in a process of its own, so that none pays for another's memory
        engines = ["openssl", *(["pion"] if built(cache_folder("dtls")) else [])]
        command = (sys.executable, "-m", "tests.benchmarks.dtls_handshakes")
        each = [(*command, str(total), str(at_once), engine) for engine in engines]
        return max(subprocess.run(one, check=False).returncode for one in each)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, total + 100)), hard))
    engine = arguments[2]
    result = asyncio.run(measure(engine, total, at_once))
    name = version() if engine == "openssl" else "pion/dtls"
    sys.stdout.write(json.dumps({"engine": name, **result}) + "\n")
    return 0 if result["per_cpu_second"] >= _GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
