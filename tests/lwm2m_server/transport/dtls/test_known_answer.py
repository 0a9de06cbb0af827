"""Before a port is opened OpenSSL and our record layer are shown to understand each other."""

import re
from pathlib import Path

import pytest

from lwm2m_server.transport.dtls import binding, known_answer
from lwm2m_server.transport.dtls.errors import EngineUnavailable
from lwm2m_server.transport.dtls.openssl import OpensslEngine
from lwm2m_server.transport.dtls.schedule import SUITES

from .keyring import MemoryKeyring


def test_they_do():
    known_answer.require()


def test_each_way_to_protect_records_is_tried():
    def ways(names):
        return {(suite.aead, suite.key, suite.tag, suite.prf) for suite in map(SUITES.get, names)}

    assert ways(known_answer._SUITES) == ways(SUITES)


def test_a_handshake_that_fails_is_said():
    with pytest.raises(EngineUnavailable, match="PSK-AES128-CCM8: psk identity not found"):
        known_answer.check(OpensslEngine(MemoryKeyring(keys={})))


@pytest.mark.parametrize("suite", known_answer._SUITES)
@pytest.mark.parametrize(
    ("which", "fault"),
    [
        ("_opener", "what OpenSSL protects does not open here"),
        ("_sealer", "what is protected here does not open in OpenSSL"),
    ],
)
@pytest.mark.parametrize("part", ["_tag", "_salt", "_aead"])
def test_records_that_are_not_understood_are_found(suite, which, fault, part):
    client, _kept = known_answer._client(suite)
    engine = OpensslEngine(known_answer._OneKey())
    association = known_answer._joined(engine, client).association
    protection = getattr(association, which)
    other = SUITES[suite].aead(bytes(SUITES[suite].key))
    wrong = {"_tag": protection._tag ^ 24, "_salt": b"salt", "_aead": other}
    setattr(protection, part, wrong[part])
    assert known_answer._disagreement(client, association) == fault


def test_what_is_called_of_openssl_is_looked_for_at_the_start():
    called = set()
    for module in Path(binding.__file__).parent.glob("*.py"):
        called |= set(re.findall(r"\blib\.(\w+)", module.read_text()))
    assert called - {"OPENSSL_VERSION", "OpenSSL_version"} == set(binding._NEEDED)
