"""CoAP options that a request may carry (RFC 7252 §5.4.1): what is critical must be understood."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.optionnumbers import OptionNumber

_UNDERSTOOD: Final = frozenset(
    {
        OptionNumber.URI_HOST,
        OptionNumber.URI_PORT,
        OptionNumber.URI_PATH,
        OptionNumber.URI_QUERY,
        OptionNumber.ACCEPT,
        OptionNumber.BLOCK1,
        OptionNumber.BLOCK2,
    }
)
_OTHER_CODES: Final[Mapping[int, Code]] = MappingProxyType(
    {
        # RFC 7252 §5.7.2: this is no forward-proxy.
        OptionNumber.PROXY_URI: Code.PROXYING_NOT_SUPPORTED,
        OptionNumber.PROXY_SCHEME: Code.PROXYING_NOT_SUPPORTED,
    }
)


def refused_option(request: Message) -> tuple[int, Code] | None:
    """Return the first critical option that is not understood here, and the code for it."""
    for option in request.opt.option_list():
        number = option.number
        if number.is_critical() and number not in _UNDERSTOOD:
            return int(number), _OTHER_CODES.get(number, Code.BAD_OPTION)
    return None
