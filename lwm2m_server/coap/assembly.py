"""Bodies that arrive in blocks (Block1, RFC 7959 §2.5; Request-Tag, RFC 9175 §3)."""

from .exchange import Remote
from .limits import LIMITS, Limits
from .message import Message


class Assemblies:
    """All bodies on their way in, bounded in number and in bytes.

    A body is told from others by its peer, method, path, query and Request-Tag. Pieces are
    kept as they came and joined once.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits

    def take(self, remote: Remote, request: Message, now: float) -> tuple[Message, bool]:
        """Take a request: return what is next, and whether it is the whole request.

        (request, True): to be served, with the whole body and the Block1 that its response
        has to confirm. (response, False): to be answered with: 2.31, 4.08 where the
        block does not follow on the last, 4.13 with Size1 beyond the limit, 4.00.
        """
        raise NotImplementedError

    def forget(self, remote: Remote) -> None:
        """Drop what a peer has begun."""
        raise NotImplementedError

    def expire(self, now: float) -> None:
        """Drop what has been silent for EXCHANGE_LIFETIME (RFC 7959 §2.5)."""
        raise NotImplementedError
