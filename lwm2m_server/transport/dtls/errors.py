"""What can go wrong with DTLS.

DtlsError
└── EngineUnavailable   the installed engine cannot do what is needed; the text says what to do
"""


class DtlsError(Exception):
    """A fault of the secured port; the text says what and where."""


class EngineUnavailable(DtlsError):
    """The installed engine cannot do what is needed; the text says what to do."""
