"""DTLS terminated by a process beside the server, which has Connection ID (RFC 9146).

The process is `pion/`, built by `build`; what it and the server say to each other is in
`frames`. Keys are asked for handshake by handshake and never leave memory.
"""

import asyncio
import contextlib
import json
import socket
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import structlog

from ...coap.limits import LIMITS, Limits
from ...protocol.identity import Identity, SecurityMode
from ...service.ports import Keyring
from ..udp import bound
from .frames import LIMITS_TOLD, Frame, Kind, path_text
from .port import Disproved, Ended, Received
from .stream import Stream

_log = structlog.get_logger(__name__)

_START: Final = 10.0  # seconds
_GOODBYE: Final = 3.0  # that the process gets to take leave of its peers
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 30.0
_STEADY: Final = 60.0  # after which a start counts as one that went well

_NOT_YET_OPENED: Final = 64  # sessions of which the process is about to tell

_NUMBERS: Final = count()

_MODES: Final = {1: SecurityMode.PSK, 2: SecurityMode.X509}


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is in the process: sessions, handshakes under way, bytes of its heap."""

    sessions: int
    half_open: int
    heap: int


class ProcessSession:
    """A peer whose DTLS ends in the process.

    `address` stays that of its handshake, by which registrations know it; `where` follows it
    wherever its Connection ID lets it go.
    """

    __slots__ = ("_number", "_port", "address", "id", "identity", "where")

    def __init__(self, port: "ProcessPort", ident: int, identity: Identity, address: str) -> None:
        self._number = next(_NUMBERS)
        self._port = port
        self.id = ident
        self.identity = identity
        self.address = self.where = address

    def __hash__(self) -> int:
        """Return what no later session has: the memory of one that is gone is used again."""
        return self._number

    def send(self, datagram: bytes) -> None:
        """Send one record; lost where the session is over."""
        self._port.send(self, datagram)


class ProcessPort:
    """A `SecurePort` whose sessions live in a process, which is started anew when it ends."""

    def __init__(
        self,
        sock: socket.socket,
        command: Sequence[str],
        keyring: Keyring,
        *,
        received: Received,
        ended: Ended,
        limits: Limits = LIMITS,
        disproved: Disproved = lambda *_: None,
    ) -> None:
        self._socket = sock
        self._command = command
        self._keyring = keyring
        self._received = received
        self._ended = ended
        self._limits = limits
        self._disproved = disproved
        self._sessions: dict[int, ProcessSession] = {}
        self._at: dict[tuple[str, Identity], ProcessSession] = {}
        # Whom handshakes were told of, as far as that still holds; the oldest is first.
        self._asked: OrderedDict[int, Identity] = OrderedDict()
        self._stream: Stream | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopped = asyncio.Event()
        self._counting: deque[asyncio.Future[Counts]] = deque()
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor = asyncio.create_task(self._supervise())
        self._answers = {
            Kind.READY: self._began,
            Kind.OPENED: self._opened,
            Kind.MOVED: self._moved,
            Kind.CLOSED: self._closed,
            Kind.ASK_KEY: self._asked_key,
            Kind.ASK_IDENTITY: self._asked_identity,
            Kind.COUNTED: self._counted,
            Kind.DISPROVED: self._was_disproved,
        }

    @classmethod
    async def open(
        cls,
        where: tuple[str, int],
        command: Sequence[str],
        keyring: Keyring,
        *,
        received: Received,
        ended: Ended,
        limits: Limits = LIMITS,
        disproved: Disproved = lambda *_: None,
    ) -> "ProcessPort":
        """Bind host and port, and return once the process serves them. Raises `OSError`."""
        sock = await bound(*where)
        port = cls(
            sock,
            command,
            keyring,
            received=received,
            ended=ended,
            limits=limits,
            disproved=disproved,
        )
        try:
            async with asyncio.timeout(_START):
                await port._ready
        except TimeoutError as fault:
            await port.aclose()
            raise OSError(f"{command[0]}, which terminates DTLS, does not answer") from fault
        except BaseException:
            await port.aclose()
            raise
        return port

    # --- SecurePort -----------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The local UDP port."""
        return int(self._socket.getsockname()[1])

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, address: str, identity: Identity) -> ProcessSession | None:
        """Return the live session with that text address, if it is of that identity."""
        return self._at.get((address, identity))

    def end(self, identity: Identity) -> None:
        """Close every session of an identity, as its credential was revoked or replaced."""
        for number in [one for one, asked in self._asked.items() if asked == identity]:
            del self._asked[number]
        for session in [one for one in self._sessions.values() if one.identity == identity]:
            self._close(session)

    def close(self) -> None:
        """Let the process take leave of the peers and end; it holds the port until then."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.close()
        self._socket.close()

    async def aclose(self) -> None:
        """Close, and return when the port is free."""
        self.close()
        await self._supervisor

    def send(self, session: ProcessSession, datagram: bytes) -> None:
        """Send to a session; lost where it is over, or the process does not read."""
        if self._stream is not None and session.id in self._sessions:
            self._stream.offer(Kind.SEND, session.id, datagram)

    async def counts(self) -> Counts:
        """Ask the process what it holds. Raises `ConnectionError` where there is none."""
        if self._stream is None:
            raise ConnectionError("the process that terminates DTLS is not there")
        answer: asyncio.Future[Counts] = asyncio.get_running_loop().create_future()
        self._counting.append(answer)
        self._stream.send(Kind.COUNT)
        return await answer

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return self._process.pid if self._process is not None else None

    # --- the process ------------------------------------------------------------------------

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            started = loop.time()
            why = await self._run()
            self._asked.clear()
            while self._counting:
                self._counting.popleft().set_exception(ConnectionError(why))
            for session in list(self._sessions.values()):
                self._forget(session, "the process that terminates DTLS has ended")
            if self._stopped.is_set():
                return
            if not self._ready.done():
                told = f"{self._command[0]}, which terminates DTLS, does not start: {why}"
                self._ready.set_exception(OSError(told))
                return
            if loop.time() - started > _STEADY:
                pause = _FIRST_PAUSE
            _log.error("the process that terminates DTLS has ended", why=why, again_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _run(self) -> str:
        """Run the process once, and return why it ended."""
        ours, theirs = socket.socketpair()
        descriptor = self._socket.fileno()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    str(descriptor),
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(descriptor,),
                    start_new_session=True,
                    env={},
                )
        except OSError as fault:
            ours.close()
            return str(fault)
        self._process = process
        self._stream = Stream(ours, self._take)
        if self._stopped.is_set():
            self._stream.close()
        else:
            self._stream.send(Kind.CONFIGURE, body=self._configuration())
        why = await self._stream.over
        self._stream = self._process = None
        try:
            async with asyncio.timeout(_GOODBYE):
                status = await process.wait()
        except TimeoutError:
            process.kill()
            status = await process.wait()
        return f"{why}, exit status {status}"

    def _configuration(self) -> bytes:
        certificate, key = self._keyring.own_certificate() or (b"", b"")
        told = {
            **{name: getattr(self._limits, name) for name in LIMITS_TOLD},
            "certificate": certificate.decode(),
            "key": key.decode(),
        }
        return json.dumps(told).encode()

    # --- what it says -----------------------------------------------------------------------

    def _take(self, frames: Iterable[Frame]) -> None:
        texts: list[tuple[ProcessSession, bytes]] = []
        for frame in frames:
            if frame.kind == Kind.RECEIVED:
                if (session := self._sessions.get(frame.session)) is not None:
                    texts.append((session, frame.body))
                continue
            if texts:  # what a session said comes before what happens to it
                self._received(texts)
                texts = []
            self._answers[frame.kind](frame)
        if texts:
            self._received(texts)

    def _began(self, _: Frame) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    def _opened(self, frame: Frame) -> None:
        address, rest = path_text(frame.body)
        identity = Identity(_MODES[rest[0]], rest[1:].decode())
        session = ProcessSession(self, frame.session, identity, address)
        self._sessions[frame.session] = session
        self._at[address, identity] = session
        # Its credential may have been revoked since the handshake asked for it, and made anew.
        if self._asked.pop(frame.session, None) != identity:
            self._close(session)

    def _moved(self, frame: Frame) -> None:
        if (session := self._sessions.get(frame.session)) is not None:
            session.where, _ = path_text(frame.body)

    def _closed(self, frame: Frame) -> None:
        if (session := self._sessions.get(frame.session)) is not None:
            self._forget(session, frame.body.decode(errors="replace"))

    def _asked_key(self, frame: Frame) -> None:
        key = None
        with contextlib.suppress(UnicodeDecodeError):  # RFC 4279 §5.1 has identities in UTF-8
            key = self._keyring.psk(frame.body.decode())
        if key is not None:
            self._note(frame, Identity(SecurityMode.PSK, frame.body.decode()))
        self._answer(Kind.KEY, frame, key or b"")

    def _asked_identity(self, frame: Frame) -> None:
        identity = self._keyring.peer_of_certificate(frame.body)
        if identity is not None:
            self._note(frame, identity)
        self._answer(Kind.JUDGED, frame, identity.name.encode() if identity is not None else b"")

    def _was_disproved(self, frame: Frame) -> None:
        address, _ = path_text(frame.body)
        # Told of by us: only whose key we gave can be found to have another.
        if (identity := self._asked.pop(frame.session, None)) is not None:
            self._disproved(identity, address)

    def _note(self, question: Frame, identity: Identity) -> None:
        self._asked[question.session] = identity
        if len(self._asked) > self._limits.half_open + _NOT_YET_OPENED:
            self._asked.popitem(last=False)

    def _counted(self, frame: Frame) -> None:
        answer = self._counting.popleft()
        if not answer.cancelled():
            answer.set_result(Counts(**json.loads(frame.body)))

    def _answer(self, kind: Kind, question: Frame, answer: bytes) -> None:
        if self._stream is not None:
            self._stream.send(kind, question.session, answer)

    def _close(self, session: ProcessSession) -> None:
        if self._stream is not None:
            self._stream.send(Kind.CLOSE, session.id)
        self._forget(session, "the credential was revoked")

    def _forget(self, session: ProcessSession, why: str) -> None:
        del self._sessions[session.id]
        key = (session.address, session.identity)
        if self._at.get(key) is session:  # another may have taken its place (RFC 6347 §4.2.8)
            del self._at[key]
        self._ended(session, why)
