"""Packages by token: equal ones share their bytes, others are told apart."""

from lwm2m_server.service.pulls import PullTokens


async def test_equal_images_share_their_bytes() -> None:
    pulls = PullTokens()
    await pulls.offer("a", b"image" * 100)
    await pulls.offer("b", b"image" * 100)
    first, second = pulls.package("a"), pulls.package("b")
    assert first is not None
    assert first is second
    pulls.withdraw("a")
    assert (pulls.package("a"), pulls.package("b")) == (None, first)


async def test_another_image_under_the_same_token_has_another_etag() -> None:
    pulls = PullTokens()
    await pulls.offer("a", b"linked for slot 1")
    before = pulls.package("a")
    await pulls.offer("a", b"linked for slot 2")
    after = pulls.package("a")
    assert before is not None
    assert after is not None
    assert after.data == b"linked for slot 2"
    assert before.etag != after.etag
