"""One bootstrap of an endpoint as one table of steps (OMA LwM2M Core 1.2 §6.1.7).

A step is `step(session, input, now, rules) -> (session, operation)`: an operation is to be
carried out and its outcome given back under the session's ticket; None is none. After a step a
session is over, or awaits that outcome until its deadline: it cannot hang.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from objects.codecs import ContentFormat, encode, supported
from objects.errors import InvalidLink, ObjectsError
from objects.path import Path
from objects.tree import ObjectInstance

from .bootstrap_configuration import Configuration, is_bootstrap_account
from .bootstrap_discovery import Discovered
from .bootstrap_rules import WRITABLE
from .bootstrap_session import (
    Answered,
    Begun,
    BootstrapOperation,
    Elapsed,
    Ended,
    Finish,
    Input,
    Phase,
    Rules,
    Session,
    Unanswered,
)
from .errors import IllegalInput
from .operations import Delete, Discover, Read, Response, Write
from .registration import EndpointName
from .security_object import OBJECT_ID as SECURITY

_ORDER: Final = tuple(Phase)

Step = tuple[Session, BootstrapOperation | None]


def begin(
    endpoint: EndpointName,
    configuration: Configuration,
    preferred: int | None,
    now: float,
    rules: Rules,
) -> Session:
    """Return a session to which `Begun` may be told; `preferred` is the request's `pct`."""
    session = Session(endpoint, configuration, now, preferred, deadline=now + rules.progress)
    return replace(session, formats=formats(session))


def step(session: Session, event: Input, now: float, rules: Rules) -> Step:
    """Take one step; raises `IllegalInput` for `Begun` where a session has begun.

    What comes after the end, an answer to a ticket that is no longer waited for, and a deadline
    that has moved on change nothing.
    """
    if session.over:
        return session, None
    if isinstance(event, Answered | Unanswered) and event.ticket != session.ticket:
        return session, None
    if isinstance(event, Elapsed) and now < session.deadline:
        return session, None
    handler = _TABLE.get((session.phase, type(event)))
    if handler is None:
        raise IllegalInput(f"{type(event).__name__} has no meaning while {session.phase}")
    return handler(session, event, now, rules)


def formats(session: Session) -> tuple[int, ...]:
    """Return the content formats to write in, best first (§6.1.7, §7.4).

    What the operator chose, then what the client prefers, then what its version has: TLV is all
    that 1.0 knows, and who tells neither is of 1.0 until a Discover says otherwise.
    """
    old = session.discovered.version in {None, "1.0"}
    usual = _OLD_ORDER if old else _NEW_ORDER
    told = (session.configuration.content_format, session.preferred)
    wanted = (*(one for one in told if one is not None and one in WRITABLE), *usual)
    return tuple(one for one in dict.fromkeys(wanted) if one in supported())


_OLD_ORDER: Final = (ContentFormat.TLV, ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON)
_NEW_ORDER: Final = (ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON, ContentFormat.TLV)


def placed(session: Session) -> tuple[tuple[Path, ObjectInstance], ...]:
    """Return what is written, and where: never over the bootstrap server's own account.

    An instance of Object 0 that would take its place takes a free one instead.
    """
    account, told = session.discovered.account, session.configuration.instances
    used = session.discovered.taken | {
        path.parts[1] for path, _ in told if path.object_id == SECURITY
    }
    free = next(one for one in range(len(used) + 1) if one not in used)
    moved = list[tuple[Path, ObjectInstance]]()
    for path, instance in told:
        own = is_bootstrap_account(path, instance)
        place = path
        if (
            path.object_id == SECURITY
            and account is not None
            and own != (path.instance_id == account)
        ):
            place = Path(SECURITY, account if own else free)
        moved.append((place, ObjectInstance(place.parts[1], instance.resources)))
    return tuple(moved)


# --- what is asked, phase by phase ------------------------------------------------------------


def _discovers(session: Session, _: Rules) -> BootstrapOperation | None:
    wanted = session.configuration.discover and session.at == 0
    return Discover(Path(SECURITY)) if wanted else None


def _reads(session: Session, _: Rules) -> BootstrapOperation | None:
    paths = session.configuration.read
    return Read(paths[session.at]) if session.at < len(paths) else None


def _deletes(session: Session, _: Rules) -> BootstrapOperation | None:
    account = session.discovered.account
    own = None if account is None else Path(SECURITY, account)
    paths = [path for path in session.configuration.delete if path != own]
    return Delete(paths[session.at]) if session.at < len(paths) else None


def _writes(session: Session, rules: Rules) -> BootstrapOperation | None:
    """Return the next Write. Raises `ObjectsError` where the content format cannot carry it."""
    instances = placed(session)
    if session.at >= len(instances):
        return None
    path, instance = instances[session.at]
    content_format = session.formats[0]
    return Write(path, encode(content_format, path, instance, rules.definitions), content_format)


def _finishes(session: Session, _: Rules) -> BootstrapOperation | None:
    return Finish() if session.at == 0 else None


_ASKS: Final[Mapping[Phase, Callable[[Session, Rules], BootstrapOperation | None]]] = (
    MappingProxyType(
        {
            Phase.BEGINNING: lambda *_: None,
            Phase.DISCOVERING: _discovers,
            Phase.READING: _reads,
            Phase.DELETING: _deletes,
            Phase.WRITING: _writes,
            Phase.FINISHING: _finishes,
        }
    )
)


def _ask(session: Session, now: float, rules: Rules) -> Step:
    """Return the operation that is next, of this phase or of one after it."""
    while not session.over:
        try:
            operation = _ASKS[session.phase](session, rules)
        except ObjectsError:
            # The format cannot say it; which value it is, is not told, for it may be a key.
            if len(session.formats) > 1:
                session = replace(session, formats=session.formats[1:])
                continue
            return _fail(session, "no content format that the endpoint takes can carry it")
        if operation is not None:
            deadline = min(now + rules.progress, session.began_at + rules.whole)
            return replace(session, ticket=session.ticket + 1, deadline=deadline), operation
        following = _ORDER[_ORDER.index(session.phase) + 1]
        session = replace(session, phase=following, at=0)
    return session, None


def _next(session: Session, now: float, rules: Rules) -> Step:
    return _ask(replace(session, at=session.at + 1), now, rules)


def _fail(session: Session, reason: str) -> Step:
    return replace(session, phase=Phase.FAILED, reason=reason), None


# --- what is made of the answers --------------------------------------------------------------


def _begun(session: Session, _event: Input, now: float, rules: Rules) -> Step:
    return _next(session, now, rules)


def _was_discovered(session: Session, event: Answered, now: float, rules: Rules) -> Step:
    """Take note of what is there; who cannot tell is bootstrapped as configured (optional, 1.0)."""
    if not event.response.ok:
        return _next(_noted(session, Discover, Path(SECURITY), event.response), now, rules)
    try:
        discovered = Discovered.parse(event.response.payload)
    except InvalidLink as fault:
        note = f"Discover /{SECURITY} cannot be read: {fault}"
        return _next(replace(session, notes=(*session.notes, note)), now, rules)
    session = replace(session, discovered=discovered)
    return _next(replace(session, formats=formats(session)), now, rules)


def _was_read(session: Session, event: Answered, now: float, rules: Rules) -> Step:
    path = session.configuration.read[session.at]
    if not event.response.ok:
        return _next(_noted(session, Read, path, event.response), now, rules)
    return _next(replace(session, read=(*session.read, (path, event.response))), now, rules)


def _was_deleted(session: Session, event: Answered, now: float, rules: Rules) -> Step:
    """Go on, whatever came: whether what is left makes sense, Finish will tell."""
    if not event.response.ok:
        operation = _deletes(session, rules)
        path = operation.path if operation is not None else Path()
        session = _noted(session, Delete, path, event.response)
    return _next(session, now, rules)


def _was_written(session: Session, event: Answered, now: float, rules: Rules) -> Step:
    """Go on; on 4.15 and 4.06 with the same in the next content format (§6.1.7)."""
    path, _ = placed(session)[session.at]
    if event.response.ok:
        return _next(replace(session, written=(*session.written, path)), now, rules)
    if event.response.code in _OTHER_FORMAT and len(session.formats) > 1:
        return _ask(replace(session, formats=session.formats[1:]), now, rules)
    return _fail(session, f"Write {path}: the endpoint answered {event.response.code_text}")


def _was_finished(session: Session, event: Answered, _now: float, _rules: Rules) -> Step:
    if event.response.ok:
        return replace(session, phase=Phase.SUCCEEDED), None
    why = f"Finish: the endpoint answered {event.response.code_text}"
    if event.response.code == _NOT_ACCEPTABLE:
        why += ": it finds what was written inconsistent"
    return _fail(session, why)


def _not_answered(session: Session, event: Unanswered, _now: float, _rules: Rules) -> Step:
    return _fail(session, f"while {session.phase}: {event.why}")


def _elapsed(session: Session, _event: Input, now: float, rules: Rules) -> Step:
    if now >= session.began_at + rules.whole:
        return _fail(session, f"while {session.phase}: not done after {rules.whole:g} s")
    return _fail(session, f"while {session.phase}: no answer for {rules.progress:g} s")


def _ended(session: Session, event: Ended, _now: float, _rules: Rules) -> Step:
    return _fail(session, event.why)


def _noted(session: Session, operation: type, path: Path, response: Response) -> Session:
    note = f"{operation.__name__} {path}: the endpoint answered {response.code_text}"
    return replace(session, notes=(*session.notes, note))


_NOT_ACCEPTABLE: Final = 0x86
_OTHER_FORMAT: Final = frozenset({_NOT_ACCEPTABLE, 0x8F})

_Handler = Callable[[Session, Any, float, Rules], Step]

_ASKING: Final[Mapping[Phase, _Handler]] = MappingProxyType(
    {
        Phase.DISCOVERING: _was_discovered,
        Phase.READING: _was_read,
        Phase.DELETING: _was_deleted,
        Phase.WRITING: _was_written,
        Phase.FINISHING: _was_finished,
    }
)

_TABLE: Final[Mapping[tuple[Phase, type], _Handler]] = MappingProxyType(
    {(Phase.BEGINNING, Begun): _begun}
    | {(phase, Answered): handler for phase, handler in _ASKING.items()}
    | {(phase, Unanswered): _not_answered for phase in _ASKING}
    | {(phase, Elapsed): _elapsed for phase in (Phase.BEGINNING, *_ASKING)}
    | {(phase, Ended): _ended for phase in (Phase.BEGINNING, *_ASKING)}
)
