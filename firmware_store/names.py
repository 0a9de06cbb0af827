"""Names that become file names: checked once, here, before any path is made of them."""

import re

from .errors import InvalidName

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def check_name(what: str, text: str) -> str:
    """Return `text` if it may name `what` (a word for the message); raises `InvalidName`.

    No separator, no leading dot or dash: a checked name stays in its folder, is
    not hidden, and is no option to the tools that people list folders with.
    """
    if not _NAME.fullmatch(text):
        raise InvalidName(
            f"{text[:80]!r} cannot name a {what}: use 1 to 64 of A-Z a-z 0-9 . _ + -,"
            " beginning with a letter, a digit or _"
        )
    return text


def check_digest(what: str, text: str) -> str:
    """Return `text` if it is a SHA-256 in lower-case hex; raises `InvalidName`."""
    if not _DIGEST.fullmatch(text):
        raise InvalidName(f"{text[:80]!r} is no {what}: a SHA-256 is 64 of 0-9 a-f")
    return text
