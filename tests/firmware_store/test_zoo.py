"""The zoo: names point to bytes that never change."""

import hashlib

import pytest

from firmware_store import Model, ModelVariant, Store
from firmware_store.disk import Disk
from firmware_store.errors import AlreadyExists, Damaged, InvalidName, NotFound
from firmware_store.zoo import Zoo

DATA, OTHER = b"tflite bytes", b"other tflite bytes"
DIGEST = hashlib.sha256(DATA).hexdigest()
VECTORS = ((b"\x01", b"\x02"), (b"\x03", b"\x04"))


def test_a_model_and_its_variants(disk: Disk) -> None:
    zoo = Zoo(disk)
    zoo.add("digits", OTHER, variant="float", accuracy=0.99)
    model = zoo.add(
        "digits",
        DATA,
        accuracy=0.98,
        float_accuracy=0.99,
        labels=("a", "b"),
        description="Letters",
        vectors=VECTORS,
    )
    float_digest = hashlib.sha256(OTHER).hexdigest()
    assert model == Model(
        name="digits",
        variants=(
            ModelVariant("float", float_digest, len(OTHER), 0.99),
            ModelVariant("int8", DIGEST, len(DATA), 0.98, 0.99),
        ),
        labels=("a", "b"),
        description="Letters",
    )
    assert zoo.get("digits") == model
    assert zoo.list() == (model,)
    assert zoo.read("digits") == DATA
    assert zoo.read("digits", "float") == OTHER
    assert zoo.blob(DIGEST) == DATA
    assert zoo.vectors("digits") == VECTORS
    assert zoo.vectors("digits", "float") == ()


def test_what_is_not_there(disk: Disk) -> None:
    zoo = Zoo(disk)
    assert zoo.list() == ()
    with pytest.raises(NotFound, match="zoo list"):
        zoo.get("digits")
    with pytest.raises(NotFound, match=DIGEST):
        zoo.blob(DIGEST)
    zoo.add("digits", DATA)
    with pytest.raises(NotFound, match="there are: int8"):
        zoo.read("digits", "float")
    with pytest.raises(NotFound):
        zoo.vectors("digits", "float")


def test_the_same_bytes_again_bring_what_was_not_told(disk: Disk) -> None:
    zoo = Zoo(disk)
    zoo.add("digits", DATA, labels=("a",), accuracy=0.5)
    zoo.add("digits", DATA, accuracy=0.0, vectors=VECTORS)
    model = zoo.add("digits", DATA)
    assert model.labels == ("a",)
    assert model.variant().accuracy == 0.0
    assert zoo.vectors("digits") == VECTORS


def test_other_bytes_only_on_purpose(disk: Disk) -> None:
    zoo = Zoo(disk)
    zoo.add("digits", DATA, accuracy=0.5, labels=("a",))
    with pytest.raises(AlreadyExists, match=DIGEST):
        zoo.add("digits", OTHER)
    assert zoo.read("digits") == DATA
    model = zoo.add("digits", OTHER, replace=True)
    assert zoo.read("digits") == OTHER
    assert model.labels == ()
    assert model.variant().accuracy is None
    assert zoo.blob(DIGEST) == DATA  # builds of the former bytes still find them


@pytest.mark.parametrize("share", [-0.1, 1.1, 97.0, float("nan")])
def test_an_accuracy_is_a_share(disk: Disk, share: float) -> None:
    with pytest.raises(InvalidName, match=r"0\.97 for 97 %"):
        Zoo(disk).add("digits", DATA, accuracy=share)
    assert Zoo(disk).list() == ()


def test_damage_is_noticed_and_mended(disk: Disk) -> None:
    zoo = Zoo(disk)
    zoo.add("digits", DATA, vectors=VECTORS)
    for path in [*disk.root.rglob("*.tflite"), *disk.root.rglob("*.cbor")]:
        path.write_bytes(b"damaged")
    with pytest.raises(Damaged, match="add the model again"):
        zoo.read("digits")
    with pytest.raises(Damaged):
        zoo.vectors("digits")
    zoo.add("digits", DATA, vectors=VECTORS)
    assert zoo.read("digits") == DATA
    assert zoo.vectors("digits") == VECTORS


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"labels": []}', '{"labels": 5}'])
def test_a_damaged_entry(disk: Disk, text: str) -> None:
    Zoo(disk).add("digits", DATA)
    (disk.root / "models/names/digits/int8.json").write_text(text)
    with pytest.raises(Damaged, match=r"int8\.json"):
        Zoo(disk).get("digits")


def test_a_new_store_has_the_starter(disk: Disk) -> None:
    store = Store(disk.root)
    (model,) = store.zoo.list()
    assert model.name == "digits"
    assert model.labels == tuple("0123456789")
    assert (model.variant().accuracy or 0) >= 0.97
    assert (model.variant().float_accuracy or 0) >= 0.97
    assert model.variant().size < 30 * 1024
    vectors = store.zoo.vectors("digits")
    assert [(len(given), len(expected)) for given, expected in vectors] == [(64, 10)] * 10


def test_the_starter_does_not_take_a_name(disk: Disk) -> None:
    Zoo(disk).add("digits", DATA)
    assert Store(disk.root).zoo.read("digits") == DATA
