"""Sizes as people write them; K is 1024."""

import pytest
import typer

from lwm2m_server.cli.sizes import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", 512),
        ("20K", 20480),
        ("20k", 20480),
        ("20KiB", 20480),
        ("1M", 1048576),
        ("0x100", 256),
    ],
)
def test_k_is_1024(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1.5K", "20G", "20 K", "twenty"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no size"):
        parse_size(text)
