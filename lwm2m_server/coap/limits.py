"""How much of this server its peers may take, and what happens at each limit."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts, unless a unit is told; what happens at the limit.

    `peers`           we have spoken to within EXCHANGE_LIFETIME, or that have observations: the
                      one that was idle longest is forgotten, else a request to one more fails.
    `observations`    of one peer: one more is refused to whoever asks for it here.
    `assemblies`      bodies on their way in: the one that was idle longest is dropped (4.08).
    `peer_assemblies` of one peer: its own that was idle longest is dropped (4.08).
    `assembling`      bytes of all bodies on their way in: likewise; one always has room.
    `body`            bytes of one body on its way in: 4.13 with the limit in Size1.
    `answer`          bytes of one body that a peer answers with: the exchange fails.
    `pending`         requests of one peer being served at once: 5.03 with Max-Age 1. Messages that
                      it has not acknowledged: one more separate response is sent only once.
    `waiting`         exchanges with one peer that wait for their turn or response: one more fails.
    `remembered`      answers kept for duplicates (§4.5), by 128 bytes: the oldest are forgotten.
    `sessions`        DTLS: the idle one that was silent longest is closed; if none is idle, a
                      new handshake gets no answer.
    `handshakes`      DTLS, begun per second: more get no answer, and come again by their timer.
    `half_open`       DTLS, handshakes under way: the oldest is dropped.
    `handshake_time`  seconds after which a DTLS handshake under way is dropped.
    `session_idle`    seconds of silence after which a DTLS session is idle.
    """

    peers: int = 250_000
    observations: int = 256
    assemblies: int = 4_096
    peer_assemblies: int = 4
    assembling: int = 64 * 1024 * 1024
    body: int = 64 * 1024
    answer: int = 4 * 1024 * 1024
    pending: int = 64
    waiting: int = 64
    remembered: int = 2_000_000
    sessions: int = 50_000
    handshakes: int = 1_000
    half_open: int = 2_000
    handshake_time: float = 60.0
    session_idle: float = 24 * 3600.0


LIMITS: Final = Limits()
