"""Block1 towards peers of all tempers, and Block2 from them (RFC 7959 §2.4, §2.5, §2.9)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.assembly import Assemblies
from lwm2m_server.coap.block import LARGEST_NUMBER, Block
from lwm2m_server.coap.cut import cut
from lwm2m_server.coap.download import Download
from lwm2m_server.coap.endpoint import Exchange, Outcome
from lwm2m_server.coap.errors import Broken, Failure, Gone, Reset, TimedOut
from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.transfer import Upload

BODY = bytes(range(251)) * 12
PUT = Message(Code.PUT, Options(uri_path=("5", "0", "0"), content_format=42))
GET = Message(Code.GET, Options(uri_path=("3",), accept=112))

Peer = Callable[[Message], Outcome | None]
"""Answers a request; None is silence, which the endpoint gives up on."""


@dataclass
class Link:
    """Stands in for `Endpoint`: exchanges with one peer, one by one, and timers."""

    peer: Peer
    silence: float = 45.0
    now: float = 100.0
    limits = LIMITS
    sent: list[Message] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _cancelled: set[int] = field(default_factory=set)

    def entropy(self, size: int) -> bytes:
        return next(self._numbers).to_bytes(size)

    def request(
        self, remote: str, request: Message, done: Callable[[Outcome], None], now: float,
        *, token: bytes | None = None,
    ) -> Exchange:  # fmt: skip
        assert now == self.now
        exchange = Exchange(remote, replace(request, token=token or self.entropy(4)), done)
        self.call_at(now + 0.01, lambda: self._carry(exchange))
        return exchange

    def _carry(self, exchange: Exchange) -> None:
        if id(exchange) in self._cancelled:
            return
        self.sent.append(exchange.request)
        self.to.append(exchange.remote)
        self.times.append(self.now)
        outcome = self.peer(exchange.request)
        if outcome is None:
            self.call_at(self.now + self.silence, lambda: self._give_up(exchange))
        else:
            exchange.done(outcome)

    def _give_up(self, exchange: Exchange) -> None:
        if id(exchange) not in self._cancelled:
            exchange.done(TimedOut("silence"))

    def cancel(self, exchange: Exchange, now: float) -> None:
        assert now == self.now
        self._cancelled.add(id(exchange))

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        heappush(self._due, (when, number, callback))
        return lambda: self._cancelled.add(number)

    def run(self, until: float = 1e6) -> None:
        while self._due and self._due[0][0] <= until:
            when, number, callback = heappop(self._due)
            if number not in self._cancelled:
                self.now = when
                callback()


@dataclass
class Device:
    """Puts blocks together as RFC 7959 §2.5 says; what each request meets first can be scripted."""

    script: list[Peer] = field(default_factory=list)
    exponent: int = 6
    confirms: Code = Code.CONTINUE
    bodies: list[bytes] = field(default_factory=list)
    assemblies: Assemblies = field(
        default_factory=lambda: Assemblies(replace(LIMITS, body=1 << 30))
    )

    def __call__(self, request: Message) -> Outcome | None:
        block = request.options.block1
        if self.script and (answer := self.script.pop(0)(request)) is not None:
            return None if answer is SILENCE else answer
        result, whole = self.assemblies.take("server", request, 0.0)
        if whole:
            self.bodies.append(bytes(result.payload))
            answer = Message(Code.CHANGED)
            self.assemblies.answered("server", result, answer)
        else:
            answer = result
        if answer.code == Code.CONTINUE:
            answer = replace(answer, code=self.confirms)
        size = Block(block.number, block.more, min(block.exponent, self.exponent))
        return replace(answer, options=answer.options.but(block1=size), type=Type.ACK)


SILENCE = Message(0)


def lost(_: Message) -> Message:
    return SILENCE


def normal(_: Message) -> None:
    return None


def failing(failure: Failure) -> Peer:
    return lambda _: failure


def saying(code: Code, **options: object) -> Peer:
    return lambda _: Message(code, Options().but(**options), b"", Type.ACK)


@dataclass
class Sent:
    link: Link
    upload: Upload
    outcomes: list[Outcome]
    progress: list[int]

    @property
    def blocks(self) -> list[int]:
        return [message.options.block1.number for message in self.link.sent]

    @property
    def code(self) -> int:
        (outcome,) = self.outcomes
        assert isinstance(outcome, Message), outcome
        return outcome.code


def upload(peer: Peer, body: bytes = BODY, patience: float = 300.0, *, run: bool = True) -> Sent:
    link = Link(peer)
    outcomes: list[Outcome] = []
    progress: list[int] = []
    job = Upload(
        link, "device", PUT, body, outcomes.append, lambda done, _: progress.append(done), patience
    )
    job.start(link.now)
    if run:
        link.run()
    return Sent(link, job, outcomes, progress)


# --- laws


@given(st.binary(max_size=5000), st.integers(2, 6), st.data())
def test_a_body_arrives_whole_exactly_once(body: bytes, exponent: int, data: st.DataObject) -> None:
    """Whatever size the peer wants and whatever is lost: requests, or answers to what was taken."""
    device = Device(exponent=exponent)

    def lossy(request: Message) -> Outcome | None:
        fate = data.draw(st.sampled_from(["through", "through", "lost", "unanswered", "reset"]))
        if fate == "lost":
            return None
        if fate == "reset":
            return Reset("RST")
        answer = device(request)
        return answer if fate == "through" else None

    sent = upload(lossy, body, patience=1e5)
    assert sent.code == Code.CHANGED
    assert set(device.bodies) == {body}
    assert len(device.bodies) == 1 or len(body) <= 1024  # one block again is one request again
    assert sent.progress == sorted(sent.progress)
    assert sent.progress[-1] == len(body)


answers = st.builds(
    lambda code, block, size1, max_age, kind: Message(
        code, Options(block1=block, size1=size1, max_age=max_age), b"", kind
    ),
    st.sampled_from([*Code]),
    st.none() | st.builds(Block, st.integers(0, 9), st.booleans(), st.integers(0, 6)),
    st.none() | st.integers(0, 9000),
    st.none() | st.integers(0, 200),
    st.sampled_from([Type.CON, Type.NON, Type.ACK]),
)


@given(st.lists(answers | st.just(SILENCE) | st.just(Gone("no route")), max_size=30))
def test_whatever_a_peer_answers_an_upload_ends_once(script: list[Outcome]) -> None:
    device = Device([lambda _, answer=answer: answer for answer in script])
    assert len(upload(device).outcomes) == 1


pieces = st.builds(
    lambda code, block, size, etags, size2: Message(
        code, Options(block2=block, etags=etags, size2=size2), bytes(size)
    ),
    st.sampled_from([Code.CONTENT, Code.CONTENT, Code.NOT_FOUND]),
    st.none() | st.builds(Block, st.integers(0, 5), st.booleans(), st.integers(0, 2)),
    st.sampled_from([0, 16, 32, 64, 7]),
    st.sampled_from([(), (b"1",)]),
    st.none() | st.integers(0, 1 << 25),
)


@given(pieces, st.lists(pieces | st.just(Gone("no route")), max_size=10))
def test_whatever_a_peer_answers_a_download_ends_once(first: Message, rest: list[Outcome]) -> None:
    outcomes: list[Outcome] = []
    link = Link(lambda _: rest.pop(0) if rest else Reset("RST"))
    Download(link, "device", GET, outcomes.append).start(first, link.now)
    link.run()
    assert len(outcomes) == 1


@given(st.binary(max_size=3000), st.integers(0, 6))
def test_an_answer_in_blocks_is_put_together(body: bytes, exponent: int) -> None:
    def peer(request: Message) -> Message:
        return cut(request, Message(Code.CONTENT, Options(content_format=112), body))

    first = peer(
        replace(GET, options=GET.options.but(block2=Block(0, more=False, exponent=exponent)))
    )
    assert download(peer, first)[0].payload == body


# --- uploads


def test_all_blocks_have_one_token_and_the_first_tells_the_size() -> None:
    sent = upload(Device(), bytes(2500))
    assert len({message.token for message in sent.link.sent}) == 1
    assert [message.options.size1 for message in sent.link.sent] == [2500, None, None]
    assert [len(message.payload) for message in sent.link.sent] == [1024, 1024, 452]
    assert all(message.options.uri_path == ("5", "0", "0") for message in sent.link.sent)
    assert not any(message.options.request_tags for message in sent.link.sent)


def test_a_peer_may_ask_for_smaller_blocks_in_its_first_answer() -> None:
    # RFC 7959 §2.3, figure 8: the first block counts in full, then numbers go on in small ones.
    sent = upload(Device(exponent=4), bytes(2000))
    assert sent.blocks == [0, 4, 5, 6, 7]
    assert sent.link.sent[1].options.block1.exponent == 4


def test_a_silent_peer_gets_the_same_block_again() -> None:
    sent = upload(Device([normal, lost, failing(Reset("RST"))]))
    assert sent.code == Code.CHANGED
    assert sent.blocks == [0, 1, 1, 1, 2]
    assert sent.link.times[3] - sent.link.times[2] == pytest.approx(1.01)


def test_pauses_grow_and_end_with_patience() -> None:
    sent = upload(failing(Gone("no route")), patience=100.0)
    (outcome,) = sent.outcomes
    assert isinstance(outcome, Gone)
    pauses = [round(b - a, 1) for a, b in zip(sent.link.times, sent.link.times[1:], strict=False)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_no_progress_ends_it_while_an_exchange_is_under_way() -> None:
    sent = upload(Device([normal, *[lost] * 100]), patience=20.0, run=False)
    sent.link.run(until=120.0)
    assert sent.outcomes == []
    sent.link.run(until=120.1)
    (outcome,) = sent.outcomes
    assert isinstance(outcome, TimedOut)
    assert str(outcome) == "no block got through for 20 s at byte 1024 of 3012"
    assert sent.blocks == [0, 1]


def test_progress_is_patience_for_as_long_again() -> None:
    steps = [step for _ in range(3) for step in (lost, normal)]
    assert upload(Device(steps), patience=50.0).code == Code.CHANGED


def test_a_lost_context_starts_again_at_block_0_under_a_new_token_with_a_tag() -> None:
    device = Device([normal, saying(Code.REQUEST_ENTITY_INCOMPLETE)])
    sent = upload(device)
    assert device.bodies == [BODY]
    assert sent.blocks == [0, 1, 0, 1, 2]
    before, after = sent.link.sent[:2], sent.link.sent[2:]
    assert len({message.token for message in after} | {before[0].token}) == 2
    assert len({message.options.request_tags for message in after}) == 1
    assert after[0].options.request_tags != ()


def test_a_peer_that_never_gets_it_together_ends_the_upload() -> None:
    sent = upload(saying(Code.REQUEST_ENTITY_INCOMPLETE))
    assert sent.code == Code.REQUEST_ENTITY_INCOMPLETE
    assert sent.blocks == [0] * 5


def test_too_large_without_a_hint_halves_the_blocks() -> None:
    too_large = saying(Code.REQUEST_ENTITY_TOO_LARGE)
    sent = upload(Device([too_large, too_large]))
    assert sent.code == Code.CHANGED
    assert [m.options.block1.exponent for m in sent.link.sent[:3]] == [6, 5, 4]


def test_too_large_with_a_hint_takes_it() -> None:
    hint = saying(Code.REQUEST_ENTITY_TOO_LARGE, block1=Block(0, more=True, exponent=2))
    assert upload(Device([hint])).link.sent[1].options.block1.exponent == 2


@pytest.mark.parametrize(
    "script",
    [
        [normal, saying(Code.REQUEST_ENTITY_TOO_LARGE)],
        [saying(Code.REQUEST_ENTITY_TOO_LARGE, size1=3000)],
        [saying(Code.REQUEST_ENTITY_TOO_LARGE)] * 7,
    ],
)
def test_too_large_a_body_is_the_last_word(script: list[Peer]) -> None:
    sent = upload(Device(list(script)))
    assert sent.code == Code.REQUEST_ENTITY_TOO_LARGE
    assert len(sent.blocks) == len(script)


@pytest.mark.parametrize("code", [Code.METHOD_NOT_ALLOWED, Code.CHANGED, Code.SERVICE_UNAVAILABLE])
def test_an_early_final_answer_is_the_last_word(code: Code) -> None:
    sent = upload(Device([normal, saying(code)]))
    assert sent.code == code
    assert sent.blocks == [0, 1]


def test_2_04_with_block1_goes_on_like_2_31() -> None:
    device = Device(confirms=Code.CHANGED)
    assert upload(device).code == Code.CHANGED
    assert device.bodies == [BODY]


def test_a_2_31_goes_on_without_block1() -> None:
    sent = upload(Device([saying(Code.CONTINUE), saying(Code.CONTINUE), saying(Code.CHANGED)]))
    assert (sent.code, sent.blocks) == (Code.CHANGED, [0, 1, 2])


def test_a_busy_peer_is_asked_again_when_it_said() -> None:
    sent = upload(Device([normal, saying(Code.SERVICE_UNAVAILABLE, max_age=7)]))
    assert (sent.code, sent.blocks) == (Code.CHANGED, [0, 1, 1, 2])
    assert sent.link.times[2] - sent.link.times[1] == pytest.approx(7.01)


def test_a_peer_that_is_busy_beyond_patience_had_the_last_word() -> None:
    sent = upload(saying(Code.TOO_MANY_REQUESTS, max_age=60), patience=30.0)
    assert (sent.code, sent.blocks) == (Code.TOO_MANY_REQUESTS, [0])


def test_a_late_answer_to_an_earlier_block_confirms_nothing() -> None:
    # One token for all blocks: what is no ACK may be of any of them.
    def late(_: Message) -> Message:
        return Message(Code.CONTINUE, Options(block1=Block(0, more=True)), b"", Type.CON)

    device = Device([normal, normal, late])
    sent = upload(device)
    assert sent.blocks == [0, 1, 2, 2]
    assert device.bodies == [BODY]


def test_a_peer_that_always_tells_block_0_is_believed_in_the_end() -> None:
    def careless(request: Message) -> Message:
        code = Code.CONTINUE if request.options.block1.more else Code.CHANGED
        return Message(code, Options(block1=Block(0, more=True)), b"", Type.NON)

    sent = upload(careless)
    assert (sent.code, sent.blocks) == (Code.CHANGED, [0, *[1] * 5, *[2] * 5])


def test_progress_is_told_first_last_and_once_a_second() -> None:
    sent = upload(Device(), bytes(250 * 1024))  # 10 ms a block
    assert sent.progress == [1024, 101 * 1024, 201 * 1024, 250 * 1024]


def test_a_body_beyond_all_block_numbers_is_not_begun() -> None:
    hint = saying(Code.REQUEST_ENTITY_TOO_LARGE, block1=Block(0, more=True, exponent=0))
    (outcome,) = upload(Device([hint]), bytes((16 << 20) + 1)).outcomes
    assert isinstance(outcome, Broken)


def test_an_empty_body_is_one_block() -> None:
    device = Device()
    assert upload(device, b"").code == Code.CHANGED
    assert device.bodies == [b""]


@pytest.mark.parametrize("step", [normal, lost, failing(Gone("no route"))])
def test_what_is_cancelled_is_silent(step: Peer) -> None:
    sent = upload(Device([normal, step]), run=False)
    sent.link.run(until=100.03 if step is normal else 100.3)
    begun = len(sent.blocks)
    sent.upload.cancel(sent.link.now)
    sent.upload.cancel(sent.link.now)
    sent.link.run()
    assert (sent.outcomes, len(sent.blocks)) == ([], begun)


def test_progress_may_cancel() -> None:
    link = Link(Device())
    job = Upload(link, "device", PUT, BODY, pytest.fail, lambda *_: job.cancel(link.now), 60.0)
    job.start(link.now)
    link.run()
    assert len(link.sent) == 1


def test_a_peer_that_moves_gets_the_rest_at_its_new_address() -> None:
    sent = upload(Device([normal, failing(Gone("no route"))]), run=False)
    sent.link.run(until=100.1)
    sent.upload.moved("elsewhere")
    sent.link.run()
    assert sent.code == Code.CHANGED
    assert sent.link.to == ["device"] * 2 + ["elsewhere"] * 2


def test_a_peer_that_moves_while_it_is_silent_gets_the_block_at_once() -> None:
    sent = upload(Device([normal, lost]), run=False)
    sent.link.run(until=100.1)
    sent.upload.moved("elsewhere")
    sent.link.run()
    assert sent.blocks == [0, 1, 1, 2]
    assert sent.link.times[-1] < 101


# --- downloads


def download(peer: Peer, first: Message) -> tuple[Outcome, Link]:
    outcomes: list[Outcome] = []
    link = Link(peer)
    Download(link, "device", GET, outcomes.append).start(first, link.now)
    link.run()
    (outcome,) = outcomes
    return outcome, link


def serving(body: bytes = BODY, **options: object) -> Peer:
    return lambda request: cut(
        request, Message(Code.CONTENT, Options(etags=(b"1",)).but(**options), body)
    )


def first_of(peer: Peer) -> Message:
    first = peer(GET)
    assert isinstance(first, Message)
    return first


def test_without_block2_the_first_is_all() -> None:
    first = Message(Code.CONTENT, Options(), b"all")
    outcome, link = download(serving(), first)
    assert outcome is first
    assert link.sent == []


def test_the_rest_is_asked_for_block_by_block() -> None:
    first = first_of(serving(observe=3))
    outcome, link = download(serving(), first)
    assert (outcome.payload, outcome.options.observe) == (BODY, 3)
    assert [request.options.block2 for request in link.sent] == [
        Block(1, more=False),
        Block(2, more=False),
    ]
    assert all((m.options.accept, m.options.observe) == (112, None) for m in link.sent)


def test_a_peer_may_change_to_smaller_blocks() -> None:
    def smaller(request: Message) -> Message:
        asked = request.options.block2
        if asked.exponent == 6:
            asked = Block(asked.start >> 8, more=False, exponent=4)
        return first_of(lambda _: serving()(Message(Code.GET, Options(block2=asked))))

    assert download(smaller, first_of(serving()))[0].payload == BODY


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (serving(etags=(b"2",)), "ETag"),
        (saying(Code.NOT_FOUND), "4.04"),
        (saying(Code.CONTENT), "without Block2"),
        (lambda _: first_of(serving()), "begins at byte 0"),
        (saying(Code.CONTENT, block2=Block(1, more=True), etags=(b"1",)), "0 bytes in a block"),
        (
            saying(Code.CONTENT, block2=Block(1, more=False), etags=(b"1",), size2=1 << 30),
            "more than 4194304 bytes",
        ),
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(second: Peer, why: str) -> None:
    outcome, _ = download(second, first_of(serving()))
    assert isinstance(outcome, Broken)
    assert why in str(outcome)
    assert "at byte 1024" in str(outcome)


def test_an_answer_that_does_not_end_is_cut_off() -> None:
    def endless(request: Message) -> Message:
        asked = request.options.block2 or Block(0, more=False)
        return Message(Code.CONTENT, Options(block2=Block(asked.number, more=True)), bytes(1024))

    outcome, link = download(endless, endless(GET))
    assert isinstance(outcome, Broken)
    assert len(link.sent) == LIMITS.answer // 1024


def test_an_answer_of_more_blocks_than_have_numbers_is_cut_off() -> None:
    """16 MiB in blocks of 16 bytes, where `Limits.answer` was raised as far."""

    def piece(number: int) -> Message:
        return Message(
            Code.CONTENT, Options(block2=Block(number, more=True, exponent=0)), bytes(16)
        )

    outcomes: list[Outcome] = []
    link = Link(lambda _: piece(LARGEST_NUMBER))
    link.limits = replace(LIMITS, answer=1 << 30)  # type: ignore[misc]
    begun = Download(link, "device", GET, outcomes.append)
    begun.start(piece(0), link.now)
    begun._received = LARGEST_NUMBER * 16
    link.run()
    (outcome,) = outcomes
    assert isinstance(outcome, Broken)
    assert "more than" in str(outcome)


def test_a_failure_is_the_outcome() -> None:
    outcome, _ = download(failing(Gone("no route")), first_of(serving()))
    assert isinstance(outcome, Gone)


def test_a_download_can_be_cancelled() -> None:
    link = Link(serving())
    job = Download(link, "device", GET, pytest.fail)
    job.start(first_of(serving()), link.now)
    job.cancel(link.now)
    link.run()
    assert link.sent == []
