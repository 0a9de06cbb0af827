"""What can be wrong with LwM2M data.

ObjectsError
├── InvalidPath         text that is no LwM2M path
├── InvalidLink         a Register payload that is no link format
├── InvalidDefinition   an OMA object file that cannot be read
├── InvalidValue        a value that its resource type cannot hold
├── InvalidAttribute    an attribute that Write-Attributes cannot set
├── UnknownObject       no definition for an object or a resource
└── CodecError          bytes that are not of their content format
    └── UnsupportedFormat   a content format that cannot carry this, or that has no codec
"""

# How much of a stranger's text a message quotes.
_SHOWN = 60


class ObjectsError(ValueError):
    """The data is at fault; the text says where and what."""


class InvalidPath(ObjectsError):
    """Text that is no LwM2M path."""


class InvalidLink(ObjectsError):
    """A Register payload that is no CoRE link format (RFC 6690)."""


class InvalidDefinition(ObjectsError):
    """An OMA object file that cannot be read."""


class InvalidValue(ObjectsError):
    """A value that its resource type cannot hold."""


class InvalidAttribute(ObjectsError):
    """An attribute that Write-Attributes cannot set: unknown, ill-formed, or against another."""


class UnknownObject(ObjectsError):
    """No definition is known for an object or a resource."""


class CodecError(ObjectsError):
    """Bytes that are not of their content format, with the offset where that showed."""

    def __init__(self, why: str, offset: int | None = None) -> None:
        self.why = why
        self.offset = offset
        super().__init__(why)

    def __str__(self) -> str:
        return self.why if self.offset is None else f"{self.why} (at byte {self.offset})"


class UnsupportedFormat(CodecError):
    """A content format without a codec, or one that cannot carry what it is asked to.

    On a Read the peer asked for it (4.06), on a Write the peer sent it (4.15).
    """


def shown(value: object) -> str:
    """Return a stranger's value as a message may quote it: escaped and short."""
    # Cut before repr: what came in may be megabytes.
    head = value[:_SHOWN] if isinstance(value, str | bytes) else value
    try:
        text = repr(head)
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
