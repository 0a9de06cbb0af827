"""Transmission parameters (§4.8), in seconds."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tuning:
    """The parameters of §4.8, and the times that §4.8.2 derives from them.

    `response_timeout` bounds the wait for a separate response after an empty ACK,
    which the RFC leaves open. `separate_after` is when a request that is still being
    served gets its empty ACK (§5.2.2), well before the peer would send it again.
    """

    ack_timeout: float = 2.0
    ack_random_factor: float = 1.5
    max_retransmit: int = 4
    nstart: int = 1
    max_latency: float = 100.0
    processing_delay: float = 2.0
    response_timeout: float = 120.0
    separate_after: float = 0.5

    @property
    def max_transmit_span(self) -> float:
        """From the first transmission of a CON to its last retransmission."""
        return self.ack_timeout * ((1 << self.max_retransmit) - 1) * self.ack_random_factor

    @property
    def max_transmit_wait(self) -> float:
        """From the first transmission of a CON until its sender gives up."""
        return self.ack_timeout * ((2 << self.max_retransmit) - 1) * self.ack_random_factor

    @property
    def exchange_lifetime(self) -> float:
        """How long a message id of a CON must not be used again (247 s by default)."""
        return self.max_transmit_span + 2 * self.max_latency + self.processing_delay

    @property
    def non_lifetime(self) -> float:
        """How long a message id of a NON must not be used again (145 s by default)."""
        return self.max_transmit_span + self.max_latency


TUNING: Final = Tuning()
