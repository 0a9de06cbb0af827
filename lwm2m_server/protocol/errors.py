"""What can be wrong in an exchange with an endpoint, by who must act.

ProtocolError
├── InvalidRequest              the peer's request is at fault; `code` is the CoAP answer
│   ├── UnsupportedVersion      4.12: an LwM2M version that this server does not speak
│   ├── Forbidden               4.03: whoever sent it may not speak for that endpoint
│   ├── UnknownRegistration     4.04: no registration at that location
│   ├── NothingToBootstrap      4.00: no bootstrap configuration is meant for that endpoint
│   ├── NotAcceptable           4.06: a content format that what is asked for cannot have
│   └── Overloaded              5.03: as many as this server has room for are under way
├── InvalidConfiguration        a bootstrap configuration that would leave a client unusable
├── InvalidCredential           what no endpoint can or should prove itself with
├── QueueFull                   a bound of what may wait for endpoints that sleep
└── IllegalInput                an input that a state machine has no transition for
"""

from typing import ClassVar


class ProtocolError(Exception):
    """An exchange that cannot go on; the text says what and where."""


class InvalidRequest(ProtocolError):
    """The peer's request is at fault; `code` is the CoAP code to answer (4.00)."""

    code: ClassVar[int] = 0x80


class UnsupportedVersion(InvalidRequest):
    """An LwM2M version that this server does not speak (4.12, so that clients fall back)."""

    code = 0x8C


class Forbidden(InvalidRequest):
    """Whoever sent it may not speak for that endpoint (4.03)."""

    code = 0x83


class UnknownRegistration(InvalidRequest):
    """No registration at that location (4.04, so that the client registers anew)."""

    code = 0x84


class NothingToBootstrap(InvalidRequest):
    """No bootstrap configuration is meant for that endpoint (4.00, Core 1.1 §6.1.7)."""


class NotAcceptable(InvalidRequest):
    """A content format that what is asked for cannot have (4.06)."""

    code = 0x86


class Overloaded(InvalidRequest):
    """As many as this server has room for are under way (5.03); the client comes again."""

    code = 0xA3


class InvalidConfiguration(ProtocolError):
    """A bootstrap configuration that would leave a client unusable; it never holds a key."""


class InvalidCredential(ProtocolError):
    """What no endpoint can or should prove itself with; the text never holds a secret."""


class QueueFull(ProtocolError):
    """A bound of what may wait for endpoints that sleep; the text names it."""


class IllegalInput(ProtocolError):
    """An input that a state machine has no transition for in its phase."""
