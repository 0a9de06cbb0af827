"""What is put comes back, from a real database file, also after it was closed."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from lwm2m_server import storage as storage_package
from lwm2m_server.protocol import firmware, module
from lwm2m_server.protocol.credentials import Use
from lwm2m_server.protocol.deployment import (
    Delivery,
    DeploymentRequest,
    ImageFacts,
    Outcome,
    Via,
)
from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.protocol.firmware_state import FirmwarePhase
from lwm2m_server.protocol.identity import NOSEC, Identity, SecurityMode
from lwm2m_server.protocol.module_state import ModulePhase
from lwm2m_server.protocol.registration import Registration
from lwm2m_server.service.clock import LoopClock
from lwm2m_server.service.credentials import CredentialService
from lwm2m_server.service.events import EventLog
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.records import (
    DeploymentRecord,
    DeviceRecord,
    ImageRecord,
    ObservedTarget,
    SealedConfiguration,
    SealedCredential,
)
from lwm2m_server.service.sealing import Sealer
from lwm2m_server.service.secret_files import MasterKey
from lwm2m_server.service.views import ActiveModel, BuildState, BuildView, SelfTestView
from lwm2m_server.storage import Storage
from lwm2m_server.storage.database import migrate
from lwm2m_server.storage.tables import metadata
from objects.hardware import HardwareReport, SlotReport
from objects.path import Path

from .places import Place

REGISTRATION = Registration(
    id="r1",
    endpoint="urn:dev:1",
    address="coap://[2001:db8::1]:5683",
    lifetime=300,
    lwm2m_version="1.1",
    binding="U",
    queue_mode=True,
    objects=(Path(3, 0), Path(26242)),
    registered_at=1.5,
    updated_at=2.5,
    expires_at=302.5,
    root="/lwm2m",
    content_formats=(112, 11542),
    sms_number="+49",
    parameters=(("x", "1"), ("y", "")),
    identity=Identity(SecurityMode.PSK, "who"),
    versions=((3, "1.2"), (26242, "1.0")),
)
PSK = Identity(SecurityMode.PSK, "dev")
DEVICE = DeviceRecord(
    endpoint="urn:dev:1",
    last_seen=3.0,
    hardware=HardwareReport(
        core="cortex-m4",
        isa_features=("dsp",),
        signing_key_hash=b"\x01\xff",
        slots=(SlotReport(1, 1, 2, 3, 4, 5, 6, 7), SlotReport(2, 1, 2, 3, 4, 5, 6, 7, data=8)),
    ),
    hardware_read_at=3.0,
    board="sim-m4",
    active_model=ActiveModel(1, "digits", "1.0.0+7", "ab" * 32, 4.0, instructions=5),
)
BUILD = BuildView(
    key="k1",
    model="digits",
    model_sha256="00",
    target="cortex-m4+dsp",
    kind="module",
    objective="flash",
    state=BuildState.FAILED,
    created_at=1.0,
    error_kind="does not fit",
    error="does not fit: arena needs more",
    flash=1,
)
IMAGE = ImageRecord(ImageFacts(10, b"\x05" * 32, "1", "1", testable=True), "1", build="k1")
MODULE = DeploymentRecord(
    id="d1",
    request=DeploymentRequest("urn:dev:1", Via.MODULE, model="digits", delivery=Delivery.PULL),
    machine=replace(
        module.begin(Delivery.PULL, 1.0), phase=ModulePhase.ACTIVATING, image=IMAGE.facts, slot=2
    ),
    token="t1",
    created_at=1.0,
    updated_at=2.0,
    image=IMAGE,
    self_test=SelfTestView(passed=True, vectors=3, cost=100, unit="instructions"),
)
FIRMWARE = DeploymentRecord(
    id="d2",
    request=DeploymentRequest("urn:dev:2", Via.FIRMWARE, firmware="app@1"),
    machine=replace(
        firmware.begin(Delivery.AUTO, 1.0, IMAGE.facts),
        phase=FirmwarePhase.DONE,
        outcome=Outcome.UNCONFIRMED,
    ),
    token="t2",
    created_at=2.0,
    updated_at=3.0,
    finished_at=3.0,
)


async def reopened(storage: Storage, place: Place) -> Storage:
    await storage.aclose()
    return await place.open()


async def test_what_is_put_comes_back_after_a_restart(place: Place) -> None:
    storage = await place.open()
    await storage.registrations.write([REGISTRATION], [])
    await storage.devices.write([DEVICE, DeviceRecord("bare", 1.0)])
    await storage.builds.put(BUILD)
    await storage.deployments.put(MODULE)
    await storage.deployments.put(FIRMWARE)
    storage = await reopened(storage, place)
    assert await storage.registrations.all() == [REGISTRATION]
    assert await storage.devices.all() == [DeviceRecord("bare", 1.0), DEVICE]
    assert await storage.builds.latest(10) == [BUILD]
    assert await storage.builds.get("k1") == BUILD
    assert await storage.builds.get("k2") is None
    assert await storage.deployments.latest(None, 10) == [FIRMWARE, MODULE]
    assert await storage.deployments.latest("urn:dev:1", 10) == [MODULE]
    assert await storage.deployments.unfinished() == [MODULE]
    assert await storage.deployments.get("d2") == FIRMWARE
    await storage.aclose()


async def test_a_put_replaces_the_row_with_its_key(place: Place) -> None:
    storage = await place.open()
    await storage.builds.put(BUILD)
    done = replace(BUILD, state=BuildState.SUCCEEDED, error=None, error_kind=None)
    await storage.builds.put(done)
    assert await storage.builds.latest(10) == [done]
    await storage.aclose()


async def test_a_group_of_registrations_is_written_whole_or_not_at_all(place: Place) -> None:
    storage = await place.open()
    await storage.registrations.write([REGISTRATION], [])
    other = REGISTRATION._replace(id="r2", endpoint="urn:dev:2")
    broken = REGISTRATION._replace(endpoint=None)  # type: ignore[arg-type]
    with pytest.raises(place.refusal):
        await storage.registrations.write([other, broken], [REGISTRATION.endpoint])
    assert await storage.registrations.all() == [REGISTRATION]
    await storage.registrations.write([other], [REGISTRATION.endpoint])
    assert await storage.registrations.all() == [other]
    await storage.aclose()


async def test_an_endpoint_has_one_registration(place: Place) -> None:
    storage = await place.open()
    await storage.registrations.write([REGISTRATION], [])
    await storage.registrations.write([REGISTRATION._replace(id="r2")], [])
    assert await storage.registrations.all() == [REGISTRATION._replace(id="r2")]
    await storage.aclose()


@pytest.mark.parametrize("number", [0, 1, 5, 21, 85, 341, 1000])
async def test_a_group_may_have_any_number_of_rows(place: Place, number: int) -> None:
    storage = await place.open()
    ids = [f"r{n}" for n in range(number)]
    group = [REGISTRATION._replace(id=one, endpoint=f"dev:{one}") for one in ids]
    await storage.registrations.write(group, ["dev:r0x"])
    moved = [one._replace(address="elsewhere", identity=PSK) for one in group]
    await storage.registrations.write(moved, [])
    assert sorted(await storage.registrations.all(), key=lambda one: ids.index(one.id)) == moved
    anew = [one._replace(id=f"new-{one.id}") for one in group]
    await storage.registrations.write(anew, [])
    assert {one.id for one in await storage.registrations.all()} == {one.id for one in anew}
    await storage.registrations.write([], [one.endpoint for one in anew])
    assert await storage.registrations.all() == []
    await storage.aclose()


async def test_rows_that_are_alike_share_what_they_list(place: Place) -> None:
    storage = await place.open()
    group = [REGISTRATION._replace(id=f"r{n}", endpoint=f"dev:{n}") for n in range(100)]
    await storage.registrations.write(group, [])
    assert len({id(one.objects) for one in await storage.registrations.all()}) == 1
    await storage.aclose()


async def test_what_is_written_is_told_apart_though_it_was_made_anew(place: Place) -> None:
    storage = await place.open()
    group = [
        REGISTRATION._replace(id=f"r{n}", endpoint=f"dev:{n}", objects=(Path(3, n),))
        for n in range(1000)
    ]
    await storage.registrations.write(group, [])
    stored = {one.id: one for one in await storage.registrations.all()}
    assert [stored[one.id] for one in group] == group
    await storage.aclose()


def events(*numbers: int) -> list[Event]:
    return [Event(EventKind.BUILD, float(n), None, {"n": n}, id=n) for n in numbers]


async def test_events_keep_their_ids_and_the_newest_outlive_a_trim(place: Place) -> None:
    storage = await place.open()
    assert await storage.events.last_id() == 0
    made = events(*range(1, 11))
    for together in (made[:3], made[3:7], made[7:]):
        await storage.events.append(together)
    assert await storage.events.after(5, 3) == made[5:8]
    await storage.events.trim(3)
    storage = await reopened(storage, place)
    assert await storage.events.after(0, 100) == made[7:]
    assert await storage.events.last_id() == 10
    await storage.events.trim(1)
    assert await storage.events.after(0, 100) == made[7:], "they were appended together"
    await storage.aclose()


async def test_events_come_back_in_order_however_they_were_appended(place: Place) -> None:
    storage = await place.open()
    made = events(*range(1, 501))
    for one in made[:100]:
        await storage.events.append([one])
    await storage.events.append(made[100:])
    for after, limit in ((0, 1000), (0, 50), (40, 256), (99, 2), (150, 7), (500, 1)):
        assert await storage.events.after(after, limit) == made[after : after + limit]
    await storage.aclose()


async def test_events_may_tell_whatever_json_can(place: Place) -> None:
    storage = await place.open()
    data = {"large": 2**70, "text": "\x00\U0001f600", "list": [1.5, None, True, {"a": []}]}
    event = Event(EventKind.SEND, 1.0, "urn:dev:1", data, id=1)
    await storage.events.append([event])
    assert await storage.events.after(0, 1) == [event]
    await storage.aclose()


async def test_what_follows_events_is_synced_again(file: File) -> None:
    storage = await Storage.open(file)
    found: list[int] = []

    def look(connection: sqlalchemy.Connection) -> None:
        found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    event = Event(EventKind.BUILD, 1.0, None, {}, id=1)
    await storage.events.append([event])
    await storage._database.write(look)
    with pytest.raises(TypeError):
        await storage.events.append([event._replace(data={"no": object()})])
    await storage._database.write(look)
    await storage._database.note(look)
    full, normal = 2, 1
    assert found == [full, full, normal]
    await storage.aclose()


async def test_many_writers_at_once_take_turns(place: Place) -> None:
    storage = await place.open()
    builds = [replace(BUILD, key=f"k{n}", created_at=float(n)) for n in range(50)]
    await asyncio.gather(*(storage.builds.put(build) for build in builds))
    assert await storage.builds.latest(100) == builds[::-1]
    await storage.aclose()


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(place: Place) -> None:
    await (await place.open()).aclose()
    engine = sqlalchemy.create_engine(place.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_registrations_of_an_earlier_version_are_kept(file: File) -> None:
    file.parent.mkdir()
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        migrate(connection, "0002")
        connection.exec_driver_sql(
            "INSERT INTO registrations VALUES ('r1', 'urn:dev:1', 'coap://[2001:db8::1]:5683', 300,"
            " '1.1', 'U', 1, '[\"/3/0\", \"/26242\"]', 1.5, 2.5, 302.5, '/lwm2m', '[112, 11542]',"
            ' \'+49\', \'[["x", "1"], ["y", ""]]\', NULL)'
        )
    engine.dispose()
    storage = await Storage.open(file)
    assert await storage.registrations.all() == [REGISTRATION._replace(identity=NOSEC, versions=())]
    await storage.aclose()


def migrated(place: Place, step: Callable[[Config, str], None], revision: str) -> None:
    """Go up or down to a revision."""
    engine = sqlalchemy.create_engine(place.url)
    with engine.begin() as connection:
        config = Config()
        folder = str(File(storage_package.__file__).parent / "migrations")
        config.set_main_option("script_location", folder.replace("%", "%%"))
        config.attributes["connection"] = connection
        step(config, revision)
    engine.dispose()


async def test_what_became_documents_is_the_same_as_before(place: Place) -> None:
    """And in the columns of before, if one has to go back."""
    unproven = REGISTRATION._replace(id="r2", endpoint="urn:dev:2", identity=NOSEC, versions=())
    made = events(*range(1, 601))
    storage = await place.open()
    await storage.registrations.write([REGISTRATION, unproven], [])
    await storage.events.append(made)
    await storage.aclose()
    migrated(place, command.downgrade, "0006")
    engine = sqlalchemy.create_engine(place.url)
    with engine.connect() as connection:
        (row,) = connection.exec_driver_sql(
            "SELECT id, lifetime, queue_mode, expires_at, identity, versions FROM registrations"
            " WHERE endpoint = 'urn:dev:2'"
        )
        assert tuple(row)[:5] == ("r2", 300, True, 302.5, None)
        counted = connection.exec_driver_sql("SELECT count(*), max(id) FROM events").one()
        assert tuple(counted) == (600, 600)
    engine.dispose()
    storage = await place.open()
    found = await storage.registrations.all()
    assert sorted(found, key=lambda one: one.id) == [REGISTRATION, unproven]
    assert await storage.events.after(0, 1000) == made
    await storage.aclose()


async def test_the_database_is_in_wal_mode(file: File) -> None:
    await (await Storage.open(file)).aclose()
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


async def test_what_operators_observe_survives_as_they_asked_for_it(place: Place) -> None:
    composite = (Path(3, 0, 9), Path(4, 0))
    kept = (
        ObservedTarget(Path(3, 0, 9)),
        ObservedTarget((Path(3, 0, 9),), 112, 110),
        ObservedTarget(composite, path_format=112),
    )
    storage = await place.open()
    await storage.observations.write("a", kept)
    await storage.observations.write("b", kept[:1])
    await storage.observations.write("b", ())
    storage = await reopened(storage, place)
    assert await storage.observations.all() == {"a": kept}
    await storage.aclose()


async def test_registrations_of_the_first_release_are_unproven(file: File) -> None:
    file.parent.mkdir(parents=True)
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config = Config()
        folder = str(File(storage_package.__file__).parent / "migrations")
        config.set_main_option("script_location", folder.replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO registrations VALUES ('r1', 'urn:dev:1', 'coap://[2001:db8::1]:5683', 300,"
            " '1.1', 'U', 1, '[\"/3/0\", \"/26242\"]', 1.5, 2.5, 302.5, '/lwm2m', '[112, 11542]',"
            ' \'+49\', \'[["x", "1"], ["y", ""]]\')'
        )
    engine.dispose()
    storage = await Storage.open(file)
    assert await storage.registrations.all() == [REGISTRATION._replace(identity=NOSEC, versions=())]
    assert await storage.credentials.all() == []
    await storage.aclose()


async def test_what_is_sealed_comes_back(place: Place) -> None:
    storage = await place.open()
    authority = SealedCredential("c1", None, SecurityMode.X509, "CN=ca", bytes(range(256)))
    psk = SealedCredential("c2", "urn:dev:1", SecurityMode.PSK, "who", b"", Use.BOOTSTRAP)
    configuration = SealedConfiguration("*", b"\x00\xff'%s")
    await storage.credentials.write([authority, psk], [])
    await storage.configurations.put(configuration)
    storage = await reopened(storage, place)
    stored = await storage.credentials.all()
    assert sorted(stored, key=lambda one: one.id) == [authority, psk]
    assert await storage.configurations.all() == [configuration]
    await storage.credentials.write([], ["c1"])
    assert await storage.credentials.all() == [psk]
    await storage.aclose()


async def test_a_key_is_nowhere_in_the_database(file: File, tmp_path: File) -> None:
    master = MasterKey(tmp_path / "master.key")
    key = bytes(range(100, 132))
    storage = await Storage.open(file)
    credentials = CredentialService(
        repository=storage.credentials,
        master_key=master,
        events=EventLog(storage.events),
        clock=LoopClock(lambda: 1000.0),
        new_id=lambda: "c1",
    )
    await credentials.start()
    await credentials.add(NewCredential("urn:dev:1", identity="who", key=key))
    for kept in file.parent.iterdir():  # with the write-ahead log
        content = kept.read_bytes().lower()
        for form in (key, key.hex().encode(), base64.b64encode(key).lower()):
            assert form not in content
    assert any(b"who" in kept.read_bytes() for kept in file.parent.iterdir())
    storage = await reopened(storage, Place(file, Exception))
    (stored,) = await storage.credentials.all()
    assert Sealer.of(master, [stored]).open(stored).secret == key
    await storage.credentials.write([], ["c1"])
    assert await storage.credentials.all() == []
    await storage.aclose()
