"""What can go wrong in the message layer.

CoapError
├── Malformed          a datagram that is no CoAP message (§3); `reply` may tell what to answer
└── Failure            an exchange that ended without a response
    ├── TimedOut       every retransmission was in vain, or no separate response came
    ├── Reset          the peer rejected the message (RST)
    ├── Gone           the peer was forgotten, its session closed, or the network said no
    ├── Refused        not sent: a limit of ours, named in the text
    └── Broken         a block-wise body that cannot be completed (RFC 7959)
"""


class CoapError(Exception):
    """A fault of the message layer; the text says what and where."""


class Malformed(CoapError):
    """A datagram that is no CoAP message, or one that cannot be processed.

    `code` is the answer that a confirmable request deserves (4.02 for an option that is
    not understood or no UTF-8, §5.4.1), None where the datagram is to be ignored or reset.
    """

    def __init__(self, why: str, code: int | None = None) -> None:
        self.code = code
        super().__init__(why)


class Failure(CoapError):
    """An exchange that ended without a response."""


class TimedOut(Failure):
    """Every retransmission was in vain, or no separate response came."""


class Reset(Failure):
    """The peer rejected the message with a RST."""


class Gone(Failure):
    """The peer was forgotten, its session was closed, or the network said no."""


class Refused(Failure):
    """Not sent: a limit of ours, named in the text."""


class Broken(Failure):
    """A block-wise body that cannot be completed (RFC 7959)."""
