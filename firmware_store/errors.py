"""What the store refuses, and why.

StoreError
├── InvalidName           a name, or a number or text told about something, that cannot be kept
├── NotFound              nothing is stored under that name
├── AlreadyExists         something else is stored under that name
├── Damaged               stored bytes are no longer what was stored
├── InvalidImage          bytes that are not a sound image of their format
└── InvalidKey            a signing key that cannot be read, or is of another kind

The text is written for the operator: it names what, where, and what to do.
"""


class StoreError(Exception):
    """The store cannot do what was asked; nothing has changed."""


class InvalidName(StoreError):
    """A name, or something told about an entry, that cannot be kept; says what can."""


class NotFound(StoreError):
    """Nothing is stored under that name."""


class AlreadyExists(StoreError):
    """Something else is stored under that name, and stays."""


class Damaged(StoreError):
    """Stored bytes are no longer what was stored: the disk, or a hand, changed them."""


class InvalidImage(StoreError):
    """Bytes that are not a sound image of their format."""


class InvalidKey(StoreError):
    """A signing key that cannot be read, or that is not an Ed25519 key."""
