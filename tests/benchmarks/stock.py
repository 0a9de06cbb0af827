"""The reference: a registration directory on aiocoap's Site as it is, without storage.

`python -m tests.benchmarks.stock [PULLED_BYTES]` prints its port as a line of JSON. RCVBUF in the
environment is its receive buffer in bytes, by default what most systems give.
"""

import asyncio
import itertools
import json
import os
import socket
import sys
from typing import Any

from aiocoap import Context, Message, resource
from aiocoap.numbers.codes import Code

from .body import body


class Directory(resource.Resource):  # type: ignore[misc] # aiocoap ships no types
    """`POST /rd`: keeps the query."""

    def __init__(self, registered: dict[str, Any]) -> None:
        super().__init__()
        self._registered = registered
        self._ids = itertools.count()

    async def render_post(self, request: Message) -> Message:
        name = f"{next(self._ids):x}"
        self._registered[name] = dict(one.split("=", 1) for one in request.opt.uri_query)
        return Message(code=Code.CREATED, location_path=("rd", name))


class Locations(resource.Resource, resource.PathCapable):  # type: ignore[misc] # as above
    """`POST /rd/ID`."""

    def __init__(self, registered: dict[str, Any]) -> None:
        super().__init__()
        self._registered = registered

    async def render_post(self, request: Message) -> Message:
        known = self._registered.get("/".join(request.opt.uri_path))
        return Message(code=Code.NOT_FOUND if known is None else Code.CHANGED)


class Image(resource.Resource):  # type: ignore[misc] # as above
    """`GET /p/x`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._body = body(size)

    async def render_get(self, _request: Message) -> Message:
        return Message(code=Code.CONTENT, payload=self._body, content_format=42)


async def main() -> None:
    site, registered = resource.Site(), {}  # type: ignore[var-annotated] # of anything
    site.add_resource(["rd"], Directory(registered))
    site.add_resource(["rd"], Locations(registered))
    site.add_resource(["p", "x"], Image(int(sys.argv[1]) if len(sys.argv) > 1 else 1024))
    context = await Context.create_server_context(site, bind=("127.0.0.1", 0), transports=["udp6"])
    transport = context.request_interfaces[0].token_interface.message_interface.transport
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(os.environ.get("RCVBUF", "212992")))
    port = sock.getsockname()[1]
    print(json.dumps({"port": port}), flush=True)  # noqa: T201 -- what this program is for
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
