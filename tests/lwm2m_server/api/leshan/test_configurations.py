"""Bootstrap configurations in the JSON of Leshan's demo: what goes in, and what comes out."""

from typing import Any

import pytest

from lwm2m_server.api.leshan.configurations import from_json, to_json
from lwm2m_server.protocol.bootstrap_configuration import Configuration
from lwm2m_server.service.bootstrap_configurations import ConfigurationView
from lwm2m_server.service.errors import InvalidInput
from objects.path import Path
from objects.tree import ObjectInstance, Resource
from objects.value import ObjectLink

from .configuration import CONFIGURATION, KEY, SECURITY


def test_a_configuration_becomes_instances() -> None:
    security = ObjectInstance(
        1,
        (
            Resource(0, "coaps://192.0.2.2:5684"),
            Resource(1, False),
            Resource(2, 0),
            Resource(3, b"dev"),
            Resource(4, b""),
            Resource(5, b"p" * 16),
            Resource(10, 1),
            Resource(11, 1),
        ),
    )
    server = ObjectInstance(
        0,
        (Resource(0, 1), Resource(1, 86400), Resource(2, 1), Resource(6, False), Resource(7, "U")),
    )
    assert from_json(CONFIGURATION) == Configuration(
        instances=((Path(0, 1), security), (Path(1, 0), server)),
        delete=(Path(0), Path(1)),
        discover=False,
        in_clear=True,
    )


def test_what_is_not_told_has_the_value_it_has_there() -> None:
    made = from_json({"servers": {"0": {"shortId": 1}}})
    ((_, server),) = made.instances
    assert {one.id: one.content for one in server.resources} == {
        0: 1,
        1: 86400,
        2: 1,
        6: True,
        7: "U",
    }


def test_bytes_come_signed_unsigned_and_as_base64() -> None:
    for told in ([-1, 0, 127], [255, 0, 127], "/wB/"):
        data = {"security": {"0": {**SECURITY, "publicKeyOrId": told}}}
        ((_, instance),) = from_json(data).instances
        assert instance.value(3, bytes) == b"\xff\x00\x7f"


def test_links_words_rights_and_oscore() -> None:
    told = {
        "autoIdForSecurityObject": True,
        "contentFormat": {"name": "SENML_CBOR"},
        "servers": {"1": {"shortId": 1, "apnLink": 3, "binding": ["U", "Q"], "muteSend": True}},
        "security": {"0": {**SECURITY, "oscoreSecurityMode": 2, "certificateUsage": None}},
        "acls": {"0": {"objectId": 3, "acls": {"1": 15}, "AccessControlOwner": 1}},
        "oscore": {"2": {"oscoreMasterSecret": KEY, "oscoreSenderId": [1]}},
    }
    made = from_json(told)
    assert (made.discover, made.content_format) == (True, 112)
    found = {str(path): one for path, one in made.instances}
    assert found["/1/1"].resource(10) == Resource(10, ObjectLink(11, 3))
    assert found["/1/1"].value(7, str) == "UQ"
    assert found["/0/0"].resource(17) == Resource(17, ObjectLink(21, 2))
    assert found["/2/0"].resource(2) == Resource.multiple(2, {1: 15})
    shown = to_json(ConfigurationView.of("dev", made))
    assert shown["servers"]["1"]["apnLink"] == 3
    assert shown["acls"]["0"]["acls"] == {"1": 15}
    assert shown["oscore"]["2"] == {"oscoreSenderId": [1], "oscoreMasterSecret": []}
    assert shown["contentFormat"] == "SENML_CBOR"
    again = from_json({**shown, "security": {}, "oscore": {}})
    assert again.instances[0][1] == found["/1/1"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([], "the configuration: this is no JSON object"),
        ({"servers": []}, "servers: this is no JSON object"),
        ({"servers": {"x": {}}}, "servers.x: an instance is named by its identifier"),
        ({"servers": {"0": 5}}, "servers.0: this is no JSON object"),
        ({"servers": {"0": {"speed": 5}}}, "servers.0.speed: there is no such field"),
        ({"servers": {"0": {"lifetime": "x"}}}, "servers.0.lifetime: it is no whole number"),
        ({"servers": {"0": {"trigger": 1}}}, "servers.0.trigger: it is neither true nor false"),
        ({"servers": {"0": {"binding": 1}}}, "servers.0.binding: it is no text"),
        ({"security": {"0": {"securityMode": "X"}}}, "it is none of PSK, RPK, X509"),
        ({"security": {"0": {"secretKey": [256]}}}, "security.0.secretKey: a byte is"),
        ({"security": {"0": {"secretKey": "%"}}}, "neither a list of bytes nor base64"),
        ({"acls": {"0": {"acls": [1]}}}, "acls.0.acls: it is no"),
        ({"toDelete": "/0"}, "toDelete: this is no list"),
        ({"toDelete": ["/x"]}, "toDelete: '/x'"),
        ({"contentFormat": "XML"}, "contentFormat: 'XML' is none"),
    ],
)
def test_a_refusal_says_which_field(told: Any, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        from_json(told)
    assert words in str(refused.value)
