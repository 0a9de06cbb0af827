"""What can be wrong in a simulated device.

DeviceError
├── UnknownBoard        no row of `boards.toml` has that name
├── InvalidKey          the trusted key is no Ed25519 public key
├── InvalidServerUri    the server is not named as `coap://HOST[:PORT]` or `coaps://`
├── InvalidCredential   what the device is to prove itself with is unfit, or missing
├── InvalidFlashFile    a flash file that is of another board, or in use
├── InvalidImage        an image that this device must not run; carries why
├── RunFault            the emulated code faulted, returned an error or ran too long
├── TransferFailed      a package that could not be received; carries why
└── Refused             a request that the device answers with an error; carries the CoAP code
"""

from enum import Enum, auto


class DeviceError(Exception):
    """The simulated device cannot go on with what it was given."""


class UnknownBoard(DeviceError):
    """No row of `boards.toml` has that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"no simulated board is named {name!r}; there are {', '.join(known)}")


class InvalidKey(DeviceError):
    """The trusted key is no Ed25519 public key in PEM or DER."""


class InvalidServerUri(DeviceError):
    """The server is not named as `coap://HOST[:PORT]` or `coaps://HOST[:PORT]`."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        super().__init__(
            f"{uri[:80]!r} names no server; write it as coap://HOST[:PORT] or coaps://"
        )


class InvalidCredential(DeviceError):
    """What the device is to prove itself with is unfit, or missing; the text holds no secret."""


class InvalidFlashFile(DeviceError):
    """A flash file that does not belong to the board, or that another device uses."""


class Why(Enum):
    """What made a device refuse an image or a transfer; each object has its own number for it."""

    NO_SPACE = auto()
    NO_MEMORY = auto()
    CONNECTION_LOST = auto()
    FORMAT = auto()
    INTEGRITY = auto()
    WRONG_KIND = auto()
    WRONG_TARGET = auto()
    BAD_URI = auto()
    UNSUPPORTED_PROTOCOL = auto()
    SIGNATURE = auto()


class InvalidImage(DeviceError):
    """An image that this device must not run."""

    def __init__(self, why: Why, text: str) -> None:
        self.why = why
        super().__init__(text)


class RunFault(DeviceError):
    """The emulated code faulted, returned an error, or ran into the watchdog."""


class TransferFailed(DeviceError):
    """A package could not be received."""

    def __init__(self, why: Why, text: str) -> None:
        self.why = why
        super().__init__(text)


class Refused(DeviceError):
    """A request that ends in an error response (RFC 7252 §12.1.2: 4.05 is 0x85)."""

    def __init__(self, code: int, text: str = "") -> None:
        self.code = code
        super().__init__(text)
