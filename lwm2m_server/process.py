"""The server as a process of its own: signals, logs, and how the interpreter runs it."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator

import structlog

from .app import serving
from .garbage import Garbage
from .settings import Settings

_log = structlog.get_logger(__name__)

# Seconds. The writer's thread wants the interpreter back after each statement; while the
# loop is busy it waits so long for it, and answers wait for the writer. The usual 5 ms make
# the slowest of a thousand Registers take twice as long; shorter than this gains nothing.
_SWITCH_INTERVAL = 0.0005


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings):
        with tuned_process():
            await stop.wait()
        _log.info("stopping")


@contextlib.contextmanager
def tuned_process() -> Iterator[None]:
    """Let the interpreter collect garbage and switch threads as a server of a fleet needs it.

    That concerns the whole process, which therefore has to be the server's own.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    garbage = Garbage()
    garbage.start()
    try:
        yield
    finally:
        garbage.close()
        sys.setswitchinterval(before)


def configure_logging(*, quiet: bool = False) -> None:
    """Send all logs to stderr, one line each; stdout belongs to results. `quiet`: faults only."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(name)s: %(message)s")
    structlog.configure(
        # Plain tracebacks: drawn ones take the loop's time, and show what locals held.
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.ERROR if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
