"""Block1 towards devices of all tempers, and Block2 from them."""

from collections.abc import Callable

import pytest
from aiocoap import Message
from aiocoap.numbers.codes import Code
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.service.ports import Unreachable
from lwm2m_server.transport.blockwise import Upload, block_size, download_rest


class Device:
    """Puts blocks together as RFC 7959 §2.5 says; what each request meets first can be scripted."""

    def __init__(self, *script: Callable[[Message], Message | None], exponent: int = 6) -> None:
        self.script = list(script)
        self.exponent = exponent
        self.body = b""
        self.requests: list[Message] = []

    async def exchange(self, request: Message) -> Message:
        self.requests.append(request)
        if self.script and (answer := self.script.pop(0)(request)) is not None:
            return answer
        block = request.opt.block1
        if block.start != len(self.body) and block.block_number > 0:
            self.body = b""
            return Message(code=Code.REQUEST_ENTITY_INCOMPLETE)
        if block.block_number == 0:
            self.body = b""
        self.body += request.payload[: block_size(self.exponent)]
        code = Code.CONTINUE if block.more else Code.CHANGED
        answer = Message(code=code)
        answer.opt.block1 = (
            block.block_number,
            block.more,
            min(block.size_exponent, self.exponent),
        )
        return answer


def silent(_: Message) -> Message:
    raise Unreachable("silence")


def normal(_: Message) -> None:
    return None


def saying(code: Code) -> Callable[[Message], Message]:
    return lambda _: Message(code=code)


async def no_pause(_: float) -> None:
    return None


async def upload(device: Device, body: bytes, patience: float = 60) -> tuple[Message, list[int]]:
    done: list[int] = []
    job = Upload(
        device.exchange,
        lambda: Message(code=Code.PUT),
        body,
        lambda count, total: done.append(count),
        patience,
        pause=no_pause,
    )
    return await job.run(), done


@given(st.binary(max_size=5000), st.integers(0, 6))
async def test_the_body_arrives_whatever_block_size_the_device_wants(
    body: bytes, exponent: int
) -> None:
    device = Device(exponent=exponent)
    if len(body) > block_size(exponent):
        device.script = [lambda request: smaller(exponent) if exponent < 6 else None]
    answer, done = await upload(device, body)
    assert answer.code == Code.CHANGED
    assert device.body == body
    assert done == sorted(done)
    assert done[-1] == len(body)


def smaller(exponent: int) -> Message:
    answer = Message(code=Code.REQUEST_ENTITY_TOO_LARGE)
    answer.opt.block1 = (0, True, exponent)
    return answer


async def test_a_device_may_ask_for_smaller_blocks_in_its_first_answer() -> None:
    # RFC 7959 §2.3, figure 8: the first block counts in full, then numbers go on in small ones.
    def asks(_: Message) -> Message:
        answer = Message(code=Code.CONTINUE)
        answer.opt.block1 = (0, True, 4)
        return answer

    device = Device(asks)
    device.body = bytes(1024)
    await upload(device, bytes(2000))
    assert [r.opt.block1.block_number for r in device.requests] == [0, 4, 5, 6, 7]
    assert device.requests[1].opt.block1.size_exponent == 4


async def test_a_silent_device_gets_the_same_block_again() -> None:
    device = Device(normal, silent, silent)
    answer, _ = await upload(device, bytes(3000))
    assert answer.code == Code.CHANGED
    assert [r.opt.block1.block_number for r in device.requests] == [0, 1, 1, 1, 2]


async def test_a_lost_context_starts_again_at_block_0() -> None:
    device = Device(normal, saying(Code.REQUEST_ENTITY_INCOMPLETE))
    answer, _ = await upload(device, bytes(range(256)) * 10)
    assert answer.code == Code.CHANGED
    assert device.body == bytes(range(256)) * 10
    assert [r.opt.block1.block_number for r in device.requests] == [0, 1, 0, 1, 2]


async def test_a_device_that_never_gets_it_together_ends_the_transfer() -> None:
    device = Device(*[saying(Code.REQUEST_ENTITY_INCOMPLETE)] * 100)
    answer, _ = await upload(device, bytes(3000))
    assert answer.code == Code.REQUEST_ENTITY_INCOMPLETE
    assert len(device.requests) < 10


async def test_too_large_without_a_hint_halves_the_blocks() -> None:
    device = Device(saying(Code.REQUEST_ENTITY_TOO_LARGE), saying(Code.REQUEST_ENTITY_TOO_LARGE))
    answer, _ = await upload(device, bytes(1500))
    assert answer.code == Code.CHANGED
    assert [r.opt.block1.size_exponent for r in device.requests[:3]] == [6, 5, 4]


async def test_too_large_in_the_middle_is_the_last_word() -> None:
    device = Device(normal, saying(Code.REQUEST_ENTITY_TOO_LARGE))
    answer, _ = await upload(device, bytes(3000))
    assert answer.code == Code.REQUEST_ENTITY_TOO_LARGE


async def test_a_refusal_is_returned_at_once() -> None:
    device = Device(normal, saying(Code.METHOD_NOT_ALLOWED))
    answer, done = await upload(device, bytes(3000))
    assert answer.code == Code.METHOD_NOT_ALLOWED
    assert done == [1024]


async def test_no_progress_ends_the_transfer() -> None:
    with pytest.raises(Unreachable):
        await upload(Device(*[silent] * 1000), bytes(3000), patience=0.0)


async def test_only_block_0_tells_the_whole_size() -> None:
    device = Device()
    await upload(device, bytes(2500))
    assert [r.opt.size1 for r in device.requests] == [2500, None, None]


def serving(body: bytes, exponent: int = 6, etag: bytes = b"1") -> Callable[[Message], Message]:
    def serve(request: Message) -> Message:
        number = request.opt.block2.block_number if request.opt.block2 else 0
        size = block_size(exponent)
        answer = Message(code=Code.CONTENT, payload=body[number * size : (number + 1) * size])
        answer.opt.etag = etag
        answer.opt.block2 = (number, (number + 1) * size < len(body), exponent)
        return answer

    return serve


@given(st.binary(min_size=1, max_size=3000), st.integers(2, 6))
async def test_an_answer_in_blocks_is_put_together(body: bytes, exponent: int) -> None:
    serve = serving(body, exponent)

    async def exchange(request: Message) -> Message:
        return serve(request)

    first = serve(Message(code=Code.GET))
    whole = await download_rest(exchange, lambda: Message(code=Code.GET), first)
    assert whole.payload == body


async def test_an_answer_that_changes_meanwhile_is_no_answer() -> None:
    async def exchange(request: Message) -> Message:
        return serving(bytes(3000), etag=b"2")(request)

    first = serving(bytes(3000))(Message(code=Code.GET))
    with pytest.raises(Unreachable, match="broke off"):
        await download_rest(exchange, lambda: Message(code=Code.GET), first)
