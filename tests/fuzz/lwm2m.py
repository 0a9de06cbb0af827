"""What endpoints say in LwM2M's own words: every interface, every content format."""

import random
import tomllib
from pathlib import Path

from ..lwm2m_server.coap.datagrams import CON, NON, OBSERVE, Sent, datagram
from .spoiling import spoilt

VECTORS = Path(__file__).parent.parent / "vectors"
_FORMATS = {
    "text": 0,
    "link_format": 40,
    "opaque": 42,
    "cbor": 60,
    "senml_json": 110,
    "senml_cbor": 112,
    "tlv": 11542,
    "lwm2m_json": 11543,
    "lwm2m_cbor": 11544,
}
_CONTENT_FORMAT, _URI_PATH, _URI_QUERY, _ACCEPT = 12, 11, 15, 17
# More than have a credential, for whom only its holder may speak.
_ENDPOINTS = 60

LINKS = (
    b"</1/0>,</3/0>",
    b'</>;rt="oma.lwm2m";ct="60 110 112 11542 11543 11544",</1/0>,</3/0>,</5/0>,</3303/0>',
    b'</lwm2m>;rt="oma.lwm2m";ct=112,</lwm2m/3/0>;ver=1.2,</lwm2m/3303/0>',
    b"</1/0>,</3/0>,</26241/0>,</26242/1>",
)


def _representations() -> tuple[tuple[int, bytes], ...]:
    """Return every payload of the vectors with its content format, the malformed ones included."""
    found = []
    for file in sorted(VECTORS.glob("*.toml")):
        for rows in tomllib.loads(file.read_text()).values():
            for row in rows if isinstance(rows, list) else ():
                payload = row["text"].encode() if "text" in row else bytes.fromhex(row["hex"])
                found.append((row.get("format", _FORMATS.get(file.stem, 0)), payload))
    return tuple(found)


REPRESENTATIONS = _representations()


def parameters(draw: random.Random) -> tuple[str, ...]:
    """Return the parameters of a Register that is right."""
    version = draw.choice(("1.0", "1.1", "1.1", "1.2"))
    binding = draw.choice(("b=U", "b=U", "b=UQ", "b=UTS"))
    name = (f"ep=fuzz{draw.randrange(_ENDPOINTS)}",) if draw.random() < 0.9 else ()
    return (*name, "lt=3600", f"lwm2m={version}", binding)


def representation(draw: random.Random) -> tuple[int, bytes]:
    """Return a content format and a payload, which fit each other, mostly."""
    told, payload = draw.choice(REPRESENTATIONS)
    pick = draw.random()
    if pick < 0.1:
        told = draw.choice((*_FORMATS.values(), 1542, 1543, 65000))
    elif pick < 0.3:
        payload = spoilt(draw, payload)
    return told, payload


def report_or_bootstrap(draw: random.Random) -> bytes:
    """Return a Send, a Bootstrap-Request or a Bootstrap-Pack-Request."""
    kind = draw.choice((CON, CON, NON))
    number, token = draw.randrange(65536), draw.randbytes(draw.choice((0, 2, 4, 8)))
    pick = draw.random()
    if pick < 0.6:
        told, payload = representation(draw)
        options = ((_URI_PATH, b"dp"), (_CONTENT_FORMAT, _number(told)))
        return datagram(kind, 2, number, token, options, payload)
    query = [f"ep=fuzz{draw.randrange(_ENDPOINTS)}"] if draw.random() < 0.9 else []
    query += [f"pct={draw.choice((*_FORMATS.values(), 'x'))}"] if draw.random() < 0.5 else []
    told_query = tuple((_URI_QUERY, one.encode()) for one in query)
    if pick < 0.85:
        return datagram(kind, 2, number, token, ((_URI_PATH, b"bs"), *told_query))
    accept = ((_ACCEPT, _number(draw.choice(tuple(_FORMATS.values())))),)
    return datagram(kind, 1, number, token, ((_URI_PATH, b"bspack"), *told_query, *accept))


def answer(draw: random.Random, kind: int, number: int, token: bytes, asked: Sent) -> bytes:
    """Return what an endpoint may say to a request: mostly what was asked for."""
    if asked.code in {1, 5}:  # GET, FETCH
        return _content(draw, kind, number, token, observed=asked.option(OBSERVE) == b"")
    code = draw.choice((0x44, 0x44, 0x41, 0x42, 0x80, 0x84, 0x85, 0x86, 0x8F))
    location = ((8, b"3303"), (8, b"7")) if code == 0x41 else ()
    return datagram(kind, code, number, token, location)


def notification(draw: random.Random, token: bytes) -> bytes:
    """Return a notification of what was observed under `token`, or its end."""
    kind, number = draw.choice((CON, NON)), draw.randrange(65536)
    if draw.random() < 0.05:
        return datagram(kind, draw.choice((0x84, 0xA0)), number, token)
    return _content(draw, kind, number, token, observed=draw.random() < 0.95)


def _content(draw: random.Random, kind: int, number: int, token: bytes, *, observed: bool) -> bytes:
    told, payload = representation(draw)
    options: tuple[tuple[int, bytes], ...] = ((_CONTENT_FORMAT, _number(told)),)
    if observed:
        options = ((OBSERVE, draw.randbytes(draw.choice((0, 1, 2, 3)))), *options)
    return datagram(kind, 0x45, number, token, options, payload)


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
