"""Ids are random, all of one form, and never given twice from one draw."""

import re

from lwm2m_server.service.ids import RandomIds


def test_each_id_is_drawn_once() -> None:
    drawn: list[bytes] = []

    def entropy(number: int) -> bytes:
        drawn.append(bytes((at * 7 + len(drawn)) % 256 ^ at // 256 for at in range(number)))
        return drawn[-1]

    ids = RandomIds(entropy)
    given = [ids() for _ in range(600)]
    assert len(drawn) == 3
    assert all(re.fullmatch("[0-9a-f]{12}", one) for one in given)
    whole = [draw[at : at + 6].hex() for draw in drawn for at in range(0, len(draw), 6)]
    assert set(given) <= set(whole)
    assert sorted(given[:256]) == sorted(whole[:256])
