"""Arguments of an Execute (OMA LwM2M Core 1.2 §6.3.5)."""

import re
from typing import Final

# §6.3.5: arglist = arg *( "," arg ); arg = DIGIT [ "=" "'" *CHAR "'" ];
# CHAR = "!" / %x23-26 / %x28-5B / %x5D-7E, which has neither space nor quotes nor backslash.
_ARGUMENT: Final = r"[0-9](?:='[!\x23-\x26\x28-\x5B\x5D-\x7E]*')?"
_LIST: Final = re.compile(rf"(?:{_ARGUMENT}(?:,{_ARGUMENT})*)?")
_SHOWN: Final = 40


def check_arguments(arguments: str) -> None:
    """Raise `ValueError` for text that is no list of arguments, `0='x',1`."""
    if _LIST.fullmatch(arguments) is None:
        raise ValueError(
            f"arguments {arguments[:_SHOWN]!r} are not as in 0='x',1: digits, each with a value in"
            " single quotes or none; a value has no space, no quote and no backslash"
        )
