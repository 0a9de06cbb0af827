"""Whatever is added, in whatever order and however interrupted: the zoo is what a dict would be."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware_store.disk import Disk
from firmware_store.errors import AlreadyExists
from firmware_store.sealed import sha256
from firmware_store.zoo import Zoo

NAMES = st.sampled_from(["digits", "kws"])
VARIANTS = st.sampled_from(["int8", "float"])
DATA = st.binary(max_size=3)


class ZooMachine(RuleBasedStateMachine):
    """The zoo beside the dict that it should be; `step` fails when its time has come."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.left = -1
        self.zoo = Zoo(Disk(Path(self.folder.name), self.step))
        self.expected: dict[tuple[str, str], bytes] = {}
        self.seen: set[bytes] = set()

    def step(self, _: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(28, "No space left on device")

    @rule(name=NAMES, variant=VARIANTS, data=DATA, replace=st.booleans())
    def add(self, name: str, variant: str, data: bytes, *, replace: bool) -> None:
        there = self.expected.get((name, variant), data)
        try:
            self.zoo.add(name, data, variant=variant, replace=replace)
        except AlreadyExists:
            assert there != data
            assert not replace
        else:
            assert there == data or replace
            self.expected[name, variant] = data
            self.seen.add(data)

    @rule(name=NAMES, variant=VARIANTS, data=DATA, steps=st.integers(1, 25))
    def add_on_a_failing_disk(self, name: str, variant: str, data: bytes, steps: int) -> None:
        before = self.expected.get((name, variant))
        self.left = steps
        try:
            self.zoo.add(name, data, variant=variant, replace=True)
        except OSError:
            models = {model.name: model for model in self.zoo.list()}
            variants = models[name].variants if name in models else ()
            if variant not in {found.name for found in variants}:
                assert before is None
                return
            found = self.zoo.read(name, variant)
            assert found in (before, data)
            data = found
        finally:
            self.left = -1
        self.expected[name, variant] = data
        self.seen.add(data)

    @invariant()
    def is_what_is_expected(self) -> None:
        found = {
            (model.name, variant.name): self.zoo.read(model.name, variant.name)
            for model in self.zoo.list()
            for variant in model.variants
        }
        assert found == self.expected
        assert not (Path(self.folder.name) / "tmp").is_dir() or not any(
            (Path(self.folder.name) / "tmp").iterdir()
        )

    @invariant()
    def former_bytes_can_be_read(self) -> None:
        for data in self.seen:
            assert self.zoo.blob(sha256(data)) == data

    def teardown(self) -> None:
        self.folder.cleanup()


TestZoo = ZooMachine.TestCase
TestZoo.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
