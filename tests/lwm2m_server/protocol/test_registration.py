"""Register, Update and expiry (OMA LwM2M Core 1.1 §6.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.errors import InvalidRequest, UnknownRegistration, UnsupportedVersion
from lwm2m_server.protocol.registration import (
    LifetimeBounds,
    RegisterRequest,
    Registration,
    UpdateRequest,
    changed,
    register,
    update,
)
from lwm2m_server.protocol.registry import Registry
from objects.path import Path

LINKS = b'</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>'


def request(*query: str, payload: bytes = LINKS) -> RegisterRequest:
    return RegisterRequest("peer", query, payload)


def registered(*query: str, now: float = 100.0, name: str = "r1") -> Registration:
    return register(request("ep=dev", *query), name, now)


def refused(code: int, *query: str, payload: bytes = LINKS) -> str:
    with pytest.raises(InvalidRequest) as caught:
        register(request(*query, payload=payload), "r1", 0.0)
    assert caught.value.code == code
    return str(caught.value)


def test_what_is_not_given_has_the_standard_s_defaults() -> None:
    assert registered() == Registration(
        id="r1",
        endpoint="dev",
        address="peer",
        lifetime=86400,
        lwm2m_version="1.0",
        binding="U",
        queue_mode=False,
        objects=(Path(1, 0), Path(3, 0)),
        registered_at=100.0,
        updated_at=100.0,
        expires_at=86500.0,
        content_formats=(112,),
    )


@pytest.mark.proves("register-sms")
def test_all_parameters_are_read_and_unknown_ones_kept() -> None:
    one = registered("lt=60", "b=UQ", "lwm2m=1.1", "sms=+49", "vendor=x", "flag")
    assert (one.lifetime, one.expires_at) == (60, 160.0)
    assert (one.binding, one.queue_mode, one.sms_number) == ("UQ", True, "+49")
    assert one.parameters == (("flag", ""), ("vendor", "x"))


def test_queue_mode_is_a_parameter_of_its_own_in_1_1() -> None:
    assert registered("lwm2m=1.1", "b=U", "Q").queue_mode


@pytest.mark.parametrize(
    "lifetime", ["", "abc", "-1", "0", "1.5", "99999999999", "٣", " 60", "+60"]
)
def test_a_bad_lifetime_is_refused(lifetime: str) -> None:
    assert "lt" in refused(0x80, "ep=dev", f"lt={lifetime}")


@pytest.mark.parametrize("version", ["1.3", "2.0", "", "1", "abc"])
@pytest.mark.proves("register-other-version")
def test_a_version_we_do_not_speak_is_refused_so_that_clients_fall_back(version: str) -> None:
    with pytest.raises(UnsupportedVersion):
        register(request("ep=dev", f"lwm2m={version}"), "r1", 0.0)
    refused(0x8C, "ep=dev", f"lwm2m={version}")


@pytest.mark.parametrize(
    "query",
    [
        ("lt=60",),
        ("ep=",),
        ("ep=" + "x" * 256,),
        ("ep=a\nb",),
        ("ep=a", "ep=b"),
        ("ep=a", "b=XYZ"),
        ("ep=a", *(f"p{n}=1" for n in range(32))),
    ],
)
def test_what_cannot_be_registered_is_refused(query: tuple[str, ...]) -> None:
    refused(0x80, *query)


@pytest.mark.parametrize("payload", [b"", b"</3/0", b"\xff\xfe", b"<>;;;", b"</1/0>,,</3"])
def test_a_bad_list_of_objects_is_refused(payload: bytes) -> None:
    refused(0x80, "ep=dev", payload=payload)


def test_lifetimes_have_the_bounds_that_are_given() -> None:
    bounds = LifetimeBounds(30, 60)
    assert register(request("ep=dev", "lt=30"), "r1", 0.0, bounds).lifetime == 30
    for lifetime in (29, 61):
        with pytest.raises(InvalidRequest, match="outside 30 to 60"):
            register(request("ep=dev", f"lt={lifetime}"), "r1", 0.0, bounds)


def test_an_update_keeps_what_it_does_not_give() -> None:
    before = registered("lt=60", "b=UQ", "sms=1")
    after = update(before, UpdateRequest("r1", "peer"), 150.0)
    assert (after.updated_at, after.expires_at) == (150.0, 210.0)
    assert not changed(before, after)


def test_an_update_changes_what_it_gives() -> None:
    before = registered("lt=60", "b=UQ")
    asked = UpdateRequest("r1", "elsewhere", ("lt=90", "b=U"), b"</3/0>,</5/0>")
    after = update(before, asked, 150.0)
    assert changed(before, after)
    assert (after.lifetime, after.expires_at) == (90, 240.0)
    assert (after.address, after.binding, after.queue_mode) == ("elsewhere", "U", False)
    assert after.objects == (Path(3, 0), Path(5, 0))
    assert after.content_formats == (112,)


def test_an_update_that_is_at_fault_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        update(registered(), UpdateRequest("r1", "peer", ("lt=never",)), 0.0)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.proves("register-1.2")
def test_101_initial_registration(version: str) -> None:
    assert registered(f"lwm2m={version}").lwm2m_version == version


@pytest.mark.parametrize(
    ("binding", "queue_mode"),
    [("U", False), ("UQ", True), ("S", False), ("SQ", True), ("UQS", True), ("UTSN", False),
     ("T", False), ("N", False), ("NQ", True), ("UMHTSN", False)],
)  # fmt: skip
@pytest.mark.proves("binding-others")
def test_every_binding_of_the_standard_is_taken(binding: str, queue_mode: bool) -> None:
    one = registered(f"b={binding}")
    assert (one.binding, one.queue_mode) == (binding, queue_mode)


@pytest.mark.parametrize("binding", ["", "UU", "UQQ", "X", "u", "U,T", "UTSNQMHU"])
def test_what_is_no_binding_is_refused(binding: str) -> None:
    assert "parameter b" in refused(0x80, "ep=dev", f"b={binding}")


def test_object_versions_are_kept_and_follow_an_update_of_the_objects() -> None:
    links = b'</>;rt="oma.lwm2m";ct="110 112 60",</1>;ver=1.1,</1/0>,</3/0>'
    before = register(request("ep=dev", payload=links), "r1", 0.0)
    assert (before.versions, before.content_formats) == (((1, "1.1"),), (110, 112, 60))
    assert update(before, UpdateRequest("r1", "peer"), 1.0).versions == before.versions
    after = update(before, UpdateRequest("r1", "peer", (), b"</1/0>,</5>;ver=1.1,</5/0>"), 1.0)
    assert after.versions == ((5, "1.1"),)
    assert changed(before, after)


_MOVES = st.lists(
    st.tuples(st.sampled_from(["register", "update", "remove"]), st.sampled_from("ab"),
              st.sampled_from("xy")),
    max_size=30,
)  # fmt: skip


@given(_MOVES)
def test_an_address_is_of_who_was_heard_from_there_last(moves: list[tuple[str, str, str]]) -> None:
    """Behind a NAT an address may be given to another endpoint."""
    registry = Registry()
    at: dict[str, str] = {}  # endpoint by address
    for number, (what, endpoint, address) in enumerate(moves):
        known = registry.by_endpoint(endpoint)
        if what != "register" and known is None:
            continue
        at = {place: who for place, who in at.items() if who != endpoint}
        if what == "register":
            asked = RegisterRequest(address, (f"ep={endpoint}",), LINKS)
            registry.add(register(asked, f"r{number}", 0.0))
        elif known is not None and what == "update":
            registry.replace(update(known, UpdateRequest(known.id, address), 1.0))
        elif known is not None:
            registry.remove(known.id)
        if what != "remove":
            at[address] = endpoint
    for address in "xy":
        found = registry.by_address(address)
        assert (found.endpoint if found else None) == at.get(address)


def test_a_new_register_replaces_the_old_one() -> None:
    registry = Registry([registered(name="r1")])
    assert registry.add(registered(name="r2")) == registered(name="r1")
    assert len(registry) == 1
    with pytest.raises(UnknownRegistration):
        registry.get("r1")
    with pytest.raises(UnknownRegistration):
        registry.remove("r1")


def test_a_shorter_lifetime_expires_earlier_and_an_update_later() -> None:
    one = registered("lt=1000", now=0.0)
    registry = Registry([one])
    registry.replace(update(one, UpdateRequest("r1", "peer", ("lt=10",)), 0.0))
    assert registry.next_expiry() == 10.0
    registry.replace(update(registry.get("r1"), UpdateRequest("r1", "peer"), 5.0))
    assert registry.next_expiry() == 15.0
    assert registry.expire(14.9) == []
    assert [gone.id for gone in registry.expire(15.0)] == ["r1"]
    assert registry.next_expiry() is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ruder"), st.integers(0, 4), st.integers(1, 50), st.integers(0, 20)
        ),
        max_size=60,
    )
)
def test_the_registry_behaves_as_a_plain_list_would(
    story: list[tuple[str, int, int, int]],
) -> None:
    registry, model, now = Registry(), {}, 0.0
    for number, (act, device, lifetime, pause) in enumerate(story):
        now += pause
        gone = sorted(one.endpoint for one in registry.expire(now))
        assert gone == sorted(name for name, one in model.items() if one.expires_at <= now)
        model = {name: one for name, one in model.items() if one.expires_at > now}
        name = f"dev{device}"
        if act == "r":
            one = register(request(f"ep={name}", f"lt={lifetime}"), f"id{number}", now)
            registry.add(one)
            model[name] = one
        elif act == "u" and name in model:
            asked = UpdateRequest(model[name].id, "peer", (f"lt={lifetime}",))
            model[name] = update(model[name], asked, now)
            registry.replace(model[name])
        elif act == "d" and name in model:
            registry.remove(model.pop(name).id)
        assert registry.next_expiry() == min(
            (one.expires_at for one in model.values()), default=None
        )
        assert {one.endpoint: one for one in registry} == model


def test_memory_does_not_grow_with_registers_of_one_endpoint() -> None:
    registry = Registry()
    for number in range(1000):
        registry.add(registered(name=f"r{number}"))
    assert len(registry._expiries) < 100
