"""Leshan's clients in one virtual machine, each driven by itself and through the server's API."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from ..java import LESHAN, JavaPeer

proves = partial(pytest.mark.proves, peer=LESHAN)
"""What a test proves with Leshan's client, by the names of `tests/conformance/features.toml`."""

PATIENCE = 20.0
Told = dict[str, Any]


class Peers:
    """The clients of one virtual machine: hands what it tells to whom it is of."""

    def __init__(self, process: JavaPeer) -> None:
        self.process = process
        self.told: defaultdict[str, asyncio.Queue[Told]] = defaultdict(asyncio.Queue)

    async def listen(self) -> None:
        """Read what is told until there is no more."""
        assert self.process.process.stdout is not None
        async for line in self.process.process.stdout:
            told = json.loads(line)
            self.told[told.get("client", "")].put_nowait(told)


@dataclass
class Client:
    """One client of Leshan, and what a user sees of it through the server."""

    name: str
    peers: Peers
    http: httpx.AsyncClient
    endpoint: str

    # --- the client itself ----------------------------------------------------------------

    async def event(self, name: str) -> Told:
        """Return the next event of that name that the client tells; what failed is an error."""
        queue = self.peers.told[self.name]
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await queue.get()
                if told["event"] == name:
                    return told
                expected = told["event"] not in {"failed", "fault"}
                assert expected, told

    async def ask(self, *words: str, event: str) -> Told:
        """Have the client do something; return what that ends with."""
        self.tell(*words)
        return await self.event(event)

    def tell(self, *words: str) -> None:
        """Have the client do something."""
        self.peers.process.tell("to", self.name, *words)

    async def set(self, path: str, value: object) -> None:
        """Give a resource another value, of which the client tells who observes it."""
        await self.ask("set", path, str(value), event="set")

    def heard(self) -> list[str]:
        """Return the names of what the client has told and nobody has asked for."""
        queue = self.peers.told[self.name]
        return [queue.get_nowait()["event"] for _ in range(queue.qsize())]

    # --- through the server -----------------------------------------------------------------

    async def call(
        self, method: str, path: str, body: object = None, **query: object
    ) -> httpx.Response:
        """Call the API for this client: `path` is what is behind its name."""
        text = isinstance(body, str)
        return await self.http.request(
            method,
            f"/api/clients/{self.endpoint}{path}",
            params={name: str(value) for name, value in query.items()},
            content=body if text else None,
            json=None if text or body is None else body,
            headers={"content-type": "text/plain"} if text else None,
        )

    async def done(self, method: str, path: str, body: object = None, **query: object) -> Told:
        """Call the API; return what an operation that succeeded has to tell."""
        answer = await self.call(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        told: Told = answer.json()
        assert told["success"], told
        return told

    async def refused(self, method: str, path: str, body: object = None, **query: object) -> str:
        """Call the API; return the CoAP code that the client refuses by."""
        answer = await self.call(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["success"], told["valid"]) == (False, True)
        return str(told["status"])

    async def read(self, path: str, **query: object) -> Any:
        """Return the node at a path."""
        return (await self.done("GET", path, **query))["content"]

    async def value(self, path: str, **query: object) -> Any:
        """Return the value of one resource, or the values of a multiple one."""
        node = await self.read(path, **query)
        return node["value"] if "value" in node else node["values"]

    async def registration(self) -> Told:
        """Return what the server shows of the client."""
        answer = await self.call("GET", "")
        assert answer.status_code == 200, answer.text
        shown: Told = answer.json()
        return shown

    @asynccontextmanager
    async def followed(self) -> AsyncIterator["Stream"]:
        """Follow what the server tells of this client."""
        async with self.http.stream("GET", "/api/event", params={"ep": self.endpoint}) as answer:
            yield Stream(answer.aiter_lines())


class Stream:
    """Server-sent events, in order."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self, *names: str) -> tuple[str, Any]:
        """Return the name and the data of the next event that has one of these names."""
        name = ""
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                field, _, rest = line.partition(": ")
                if field == "event":
                    name = rest
                if field == "data" and name in names:
                    return name, json.loads(rest)
        raise EOFError(f"the stream ended before {' or '.join(names)}")

    async def event(self, name: str) -> Any:
        """Return the data of the next event of that name."""
        return (await self.next(name))[1]


def single(path: str, kind: str, value: object) -> Told:
    """Return a resource as the API takes it."""
    return {"id": number(path), "kind": "singleResource", "type": kind, "value": value}


def multiple(path: str, kind: str, values: dict[int, object]) -> Told:
    """Return a multiple resource as the API takes it."""
    told = {str(key): value for key, value in values.items()}
    return {"id": number(path), "kind": "multiResource", "type": kind, "values": told}


def instance(path: str, *resources: Told) -> Told:
    """Return an instance as the API takes it."""
    return {"id": number(path), "kind": "instance", "resources": list(resources)}


def number(path: str) -> int:
    """Return the last identifier of a path."""
    return int(path.rpartition("/")[2])
