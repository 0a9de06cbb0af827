"""The server's API, as commands use it."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import typer

from .console import CommandFailed

Json = Any
Query = str | float | bool | Sequence[str]
"""The value of a query parameter; a sequence is one that is there several times."""

_PATIENCE = 130.0  # seconds for an answer over HTTP; devices have 93 (RFC 7252 §4.8.2)

_LISTED_BY = {
    "no endpoint": "devices list",
    "no model": "zoo list",
    "no firmware": "firmware list",
    "no board": "targets",
    "no credential": "credentials list",
    "no bootstrap configuration": "bootstrap list",
}

_REMEDIES = {
    "the endpoint answered 4.04": "`tinymlaas discover` shows what it has",
    "the endpoint answered 4.05": "it does not allow that there",
    "is not registered now": "`tinymlaas devices` shows who is",
    "no object is named": "numbers, as /3/0/3, go without a definition",
}


class Server:
    """A server by its HTTP address; faults become `CommandFailed` with what to do."""

    def __init__(self, address: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise typer.BadParameter(f"{address!r}: a server's address begins with http://")
        self._address = address.rstrip("/")
        self._http = httpx.Client(base_url=f"{self._address}/v1", timeout=_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, *parts: str, **query: Query) -> Json:
        """GET /v1/PARTS."""
        return self._call("GET", parts, params=query)

    def post(self, *parts: str, body: Json = None, **query: Query) -> Json:
        """POST JSON to /v1/PARTS."""
        return self._call("POST", parts, json=body, params=query)

    def put(self, *parts: str, body: Json, **query: Query) -> Json:
        """PUT JSON to /v1/PARTS."""
        return self._call("PUT", parts, json=body, params=query)

    def delete(self, *parts: str, **query: Query) -> Json:
        """DELETE /v1/PARTS."""
        return self._call("DELETE", parts, params=query)

    def stream(self, *parts: str, after: int) -> Iterator[str]:
        """Yield the lines of a stream of events."""
        try:
            headers = {"Last-Event-ID": str(after)}
            with self._http.stream("GET", _path(parts), headers=headers) as response:
                if response.is_error:
                    response.read()
                self._check(response)
                yield from response.iter_lines()
        except httpx.InvalidURL as fault:
            raise CommandFailed(f"{self._address}: {fault}") from fault
        except httpx.ConnectError:
            raise self._absent() from None

    def _call(self, method: str, parts: tuple[str, ...], **options: Any) -> Json:
        # The server waits for a device as long as it is told to, and we for the server.
        told = float(options["params"].get("timeout", 0))
        try:
            response = self._http.request(
                method, _path(parts), timeout=max(_PATIENCE, told + 10), **options
            )
        except httpx.InvalidURL as fault:
            raise CommandFailed(f"{self._address}: {fault}") from fault
        except httpx.ConnectError:
            raise self._absent() from None
        except httpx.TransportError as fault:
            raise CommandFailed(f"{self._address} did not answer: {fault}") from fault
        self._check(response)
        try:
            return response.json() if response.content else None
        except ValueError:
            raise CommandFailed(f"{self._address} is no TinyMLaaS server: no JSON came") from None

    def _check(self, response: httpx.Response) -> None:
        """Raise what the server said, in its words."""
        if not response.is_error:
            return
        try:
            detail = response.json()["detail"]
        except (ValueError, KeyError, TypeError):
            detail = f"{self._address} answered {response.status_code}"
        if isinstance(detail, list):  # a body or a query that does not validate
            detail = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in detail)
        raise CommandFailed(str(detail) + _advice(response.status_code, str(detail)))

    def _absent(self) -> CommandFailed:
        return CommandFailed(
            f"no server at {self._address}; `tinymlaas serve` starts one,"
            " --server or TINYMLAAS_SERVER names another"
        )


def _advice(status: int, detail: str) -> str:
    """Return where to look the names up, for what was not found."""
    if remedy := next((words for what, words in _REMEDIES.items() if what in detail), None):
        return f"; {remedy}"
    if status != httpx.codes.NOT_FOUND:
        return ""
    command = next((where for what, where in _LISTED_BY.items() if detail.startswith(what)), None)
    return f"; `tinymlaas {command}` shows what there is" if command else ""


def _path(parts: tuple[str, ...]) -> str:
    return "/" + "/".join(quote(part, safe=":") for part in parts)
