"""Images that devices fetch, block by block (RFC 7959 §2.4)."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.block import LARGEST_NUMBER, Block
from lwm2m_server.coap.cut import cut
from lwm2m_server.coap.endpoint import Incoming
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code
from lwm2m_server.service.ports import Package
from lwm2m_server.transport.pull import SILENCE, PackageHandler

IMAGE = bytes(range(256)) * 12
ETAG = b"etag"


@dataclass
class Source:
    """The port, with one package."""

    image: bytes = IMAGE
    told: list[int] = field(default_factory=list)

    def package(self, token: str) -> Package | None:
        return Package(self.image, ETAG) if token in {"token", "other"} else None

    def pulled(self, token: str, done: int, total: int) -> None:
        assert total == len(self.image)
        self.told.append(done)


class Server:
    def __init__(self, image: bytes = IMAGE) -> None:
        self.now = 10.0
        self.source = Source(image)
        self.handler = PackageHandler(self.source, lambda: self.now)

    def get(
        self, number: int | None = 0, exponent: int = 6, remote: str = "a", token: str = "token",
        code: Code = Code.GET, **more: object,
    ) -> Message:  # fmt: skip
        block2 = None if number is None else Block(number, more=False, exponent=exponent)
        options = Options(uri_path=("p", token, "image.bin"), block2=block2).but(**more)
        self.incoming = Incoming(remote, Message(code, options), 30)
        return self.handler(self.incoming)


@given(st.binary(max_size=4000), st.integers(0, 6), st.integers(0, 4000))
def test_the_pieces_from_any_block_on_are_the_rest_of_the_image(
    image: bytes, exponent: int, begin: int
) -> None:
    server, size = Server(image), 16 << exponent
    number = min(begin, max(len(image) - 1, 0)) // size
    got, more = image[: number * size], True
    while more:
        piece = server.get(number, exponent)
        assert (piece.code, piece.options.size2, piece.options.etags) == (
            Code.CONTENT,
            len(image),
            (ETAG,),
        )
        assert piece.options.block2.number == number
        got += piece.payload
        more, number = piece.options.block2.more, number + 1
    assert got == image
    assert server.source.told[-1] == len(image)


@given(st.none() | st.integers(0, LARGEST_NUMBER), st.integers(0, 6), st.binary(max_size=100))
def test_no_block_raises(number: int | None, exponent: int, image: bytes) -> None:
    answer = Server(image).get(number, exponent)
    assert answer.code in {Code.CONTENT, Code.BAD_REQUEST}


def test_without_block2_a_large_image_begins_with_its_first_block() -> None:
    answer = Server().get(None)
    assert (answer.options.block2, len(answer.payload)) == (Block(0, more=True), 1024)


def test_without_block2_a_small_image_comes_whole() -> None:
    answer = Server(b"small").get(None)
    assert (answer.options.block2, answer.payload, answer.options.size2) == (None, b"small", 5)


def test_a_piece_is_cut_already() -> None:
    server = Server()
    answer = server.get(1)
    assert cut(server.incoming.message, answer) is answer


def test_a_block_beyond_the_end_is_4_00() -> None:
    answer = Server().get(3)
    assert (answer.code, answer.payload) == (
        Code.BAD_REQUEST,
        b"block 3 is beyond the end of 3072 bytes",
    )


@pytest.mark.parametrize("token", ["", "stranger"])
def test_without_a_valid_token_there_is_nothing_and_nothing_is_proven(token: str) -> None:
    server = Server()
    assert server.get(token=token).code == Code.NOT_FOUND
    assert not server.incoming.proven


def test_a_path_without_token_is_4_04() -> None:
    request = Message(Code.GET, Options(uri_path=("p",)))
    assert Server().handler(Incoming("a", request, 10)).code == Code.NOT_FOUND


def test_who_knows_the_token_is_proven() -> None:
    server = Server()
    server.get()
    assert server.incoming.proven


def test_packages_are_only_fetched() -> None:
    assert Server().get(code=Code.PUT).code == Code.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("number", "code"), [(None, Code.VALID), (0, Code.VALID), (1, Code.CONTENT)]
)
def test_who_has_the_image_need_not_fetch_it(number: int | None, code: Code) -> None:
    # A later block is asked for by who has a part only, whatever ETag it names.
    answer = Server().get(number, etags=(b"old", ETAG))
    assert (answer.code, answer.options.etags) == (code, (ETAG,))


def test_progress_is_told_first_last_and_once_a_second() -> None:
    server = Server(bytes(10 * 1024))
    for number in range(10):
        server.get(number)
        server.now += 0.3
    assert server.source.told == [1024, 5 * 1024, 9 * 1024, 10 * 1024]


def test_another_address_waits_while_one_is_served() -> None:
    server = Server()
    server.get(0, remote="a")
    server.now += 1.5
    refused = server.get(1, remote="b")
    assert (refused.code, refused.options.max_age) == (Code.SERVICE_UNAVAILABLE, 4)
    assert server.get(1, remote="a").code == Code.CONTENT
    assert server.get(0, remote="b", token="other").code == Code.CONTENT


def test_another_address_goes_on_after_a_silence() -> None:
    server = Server()
    server.get(0, remote="a")
    server.now += SILENCE
    assert server.get(1, remote="b").payload == IMAGE[1024:2048]
    assert server.get(1, remote="a").code == Code.SERVICE_UNAVAILABLE


def test_who_waits_does_not_keep_itself_waiting() -> None:
    server = Server()
    server.get(0, remote="a")
    codes = []
    for _ in range(6):
        server.now += 1
        codes.append(server.get(1, remote="b").code)
    assert codes == [Code.SERVICE_UNAVAILABLE] * 4 + [Code.CONTENT] * 2


def test_the_last_block_frees_the_token() -> None:
    server = Server()
    server.get(2, remote="a")
    assert server.get(0, remote="b").code == Code.CONTENT


def test_a_refused_block_begins_no_transfer() -> None:
    server = Server()
    server.get(9, remote="a")
    assert server.get(0, remote="b").code == Code.CONTENT
