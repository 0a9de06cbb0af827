"""Why a use-case was refused, for whoever asked.

ServiceError
├── NotFound                 no such endpoint, model, firmware, build, board or deployment
├── Conflict                 refused in the present state
│   ├── AlreadyDeploying     one deployment at a time per endpoint
│   ├── NotRegistered        the endpoint is known, and not registered now
│   └── QueueFull            too much waits for endpoints that sleep
├── InvalidInput             the caller's value is at fault
├── OperationRefused         the endpoint answered with an error; carries the CoAP code
├── UnreadableAnswer         the endpoint answered with what cannot be read
├── EndpointUnreachable      the endpoint did not answer
│   └── EndpointAsleep       it sleeps, and the request was not to wait
└── UnusableSecret           a key or certificate of the server's own is not there, or wrong
"""

from typing import Final

from objects.errors import shown
from objects.path import Path

_LONGEST_DIAGNOSTIC: Final = 200


class ServiceError(Exception):
    """A use-case that was refused; the text is written for the caller."""


class NotFound(ServiceError):
    """No such endpoint, model, firmware, build, board or deployment."""

    def __init__(self, what: str, name: str) -> None:
        self.what = what
        self.name = name
        super().__init__(f"no {what} {name!r}")


class Conflict(ServiceError):
    """Refused in the present state."""


class AlreadyDeploying(Conflict):
    """One deployment at a time per endpoint; `deployment` is the one under way."""

    def __init__(self, endpoint: str, deployment: str) -> None:
        self.endpoint = endpoint
        self.deployment = deployment
        super().__init__(f"{endpoint}: deployment {deployment} is under way; cancel it first")


class NotRegistered(Conflict):
    """The endpoint is known, and not registered now."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        super().__init__(f"{endpoint} is not registered now")


class QueueFull(Conflict):
    """Too much waits for endpoints that sleep; the text names the bound."""


class InvalidInput(ServiceError):
    """The caller's value is at fault."""


class OperationRefused(ServiceError):
    """The endpoint answered with an error: `code` is the CoAP code of `operation` on `path`.

    `diagnostic` is what it said to that (RFC 7252 §5.5.2).
    """

    def __init__(self, operation: str, path: Path, code: int, diagnostic: bytes = b"") -> None:
        self.operation = operation
        self.path = path
        self.code = code
        text = f"{operation} {path}: the endpoint answered {code >> 5}.{code & 31:02}"
        said = diagnostic[:_LONGEST_DIAGNOSTIC].decode(errors="replace")
        super().__init__(f"{text}, {shown(said)}" if said else text)


class UnreadableAnswer(ServiceError):
    """The endpoint answered with what cannot be read."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"the answer to a Read of {path} cannot be read: {why}")


class EndpointUnreachable(ServiceError):
    """The endpoint did not answer."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        super().__init__(f"{endpoint} did not answer")


class EndpointAsleep(EndpointUnreachable):
    """The endpoint sleeps (queue mode), and the request was not to wait for it."""

    def __init__(self, endpoint: str, remedy: str) -> None:
        self.endpoint = endpoint
        ServiceError.__init__(self, f"{endpoint} sleeps (queue mode): {remedy}")


class UnusableSecret(ServiceError):
    """A key or certificate of the server's own is not there, or is not the right one.

    Nothing was changed. The text never holds a secret.
    """
