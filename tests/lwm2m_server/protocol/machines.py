"""What a device and a network may say to a machine, sensible or not."""

from itertools import product

from hypothesis import strategies as st

from lwm2m_server.protocol import effects, inputs
from lwm2m_server.protocol.deployment import ImageFacts, Outcome, Rules
from objects import firmware_update, model_slot

RULES = Rules(poll=(1.0, 8.0), retry=(2.0, 16.0), progress=60.0, reboot=600.0, patience=5000.0)
HASH = b"\x11" * 32
OTHER = b"\x22" * 32
IMAGE = ImageFacts(size=1000, image_hash=HASH, version="2.0", reports="2.0", testable=True)

SlotState, SlotResult = model_slot.State, model_slot.Result
State, Result = firmware_update.State, firmware_update.UpdateResult


def slot(
    state: SlotState,
    result: SlotResult = SlotResult.NONE,
    image: bytes | None = None,
    number: int = 1,
) -> inputs.SlotStatus:
    return inputs.SlotStatus(number, state, result, image)


def firmware(
    state: State,
    result: Result = Result.INITIAL,
    *,
    version: str | None = "1.0",
    image: bytes | None = None,
    package: str | None = None,
) -> inputs.FirmwareStatus:
    return inputs.FirmwareStatus(state, result, package, version, image)


_SLOTS = [
    slot(state, result, image)
    for state, result, image in product(SlotState, SlotResult, (None, HASH, OTHER))
]
_FIRMWARE = [
    firmware(state, result, version=version, image=image, package=package)
    for state, result, version, image, package in product(
        State, Result, (None, "1.0", "2.0"), (None, HASH, OTHER), (None, "2.0")
    )
]
_CODES = (0x44, 0x80, 0x84, 0x85, 0xA0)
_FREE, _TAKEN = slot(SlotState.EMPTY), slot(SlotState.ACTIVE, image=OTHER, number=2)

BY_ITSELF: list[inputs.Input] = [
    inputs.Resumed(),
    inputs.Resumed(0.0),
    inputs.Resumed(10_000.0),
    inputs.Registered(),
    inputs.Updated(),
    inputs.Notified(),
    inputs.Woke(500.0),
    inputs.DeadlinePassed(),
    inputs.Pulled(500, 1000),
    inputs.Pulled(1000, 1000),
]
# Every answer of a kind; ticket 0 stands for that of the effect.
SAID: dict[type, list[inputs.Answer]] = {
    inputs.Progressed: [inputs.Progressed(0, done, 1000) for done in (0, 500, 1000)],
    inputs.NoAnswer: [inputs.NoAnswer(0)],
    inputs.Answered: [inputs.Answered(0, code) for code in _CODES],
    inputs.ReadRefused: [inputs.ReadRefused(0, "4.04")],
    inputs.Broken: [inputs.Broken(0, "no key")],
    inputs.SlotsProbed: [
        inputs.SlotsProbed(0, found) for found in ((), (_TAKEN,), (_FREE, _TAKEN))
    ],
    inputs.SlotRead: [inputs.SlotRead(0, status) for status in _SLOTS],
    inputs.FirmwareProbed: [
        inputs.FirmwareProbed(0, None),
        *(
            inputs.FirmwareProbed(0, firmware(State.IDLE), pull, push)
            for pull, push in product((False, True), repeat=2)
        ),
    ],
    inputs.FirmwareRead: [inputs.FirmwareRead(0, status) for status in _FIRMWARE],
    inputs.Built: [inputs.Built(0, IMAGE)],
    inputs.BuildFailed: [
        inputs.BuildFailed(0, outcome, "why")
        for outcome in Outcome
        if outcome is not Outcome.SUCCEEDED
    ],
    inputs.SelfTested: [inputs.SelfTested(0, True), inputs.SelfTested(0, False, "vector 1")],
}
# What a shell can honestly answer to an effect.
ANSWERS: dict[type, tuple[type, ...]] = {
    effects.BuildImage: (inputs.Built, inputs.BuildFailed, inputs.Broken, inputs.Progressed),
    effects.ReadSlot: (inputs.SlotRead, inputs.ReadRefused, inputs.NoAnswer),
    effects.ReadFirmware: (inputs.FirmwareRead, inputs.ReadRefused, inputs.NoAnswer),
    effects.Write: (inputs.Answered, inputs.NoAnswer),
    effects.PushImage: (inputs.Answered, inputs.NoAnswer, inputs.Progressed, inputs.Broken),
    effects.OfferImage: (inputs.Answered, inputs.NoAnswer, inputs.Broken),
    effects.Execute: (inputs.Answered, inputs.NoAnswer),
    effects.RunSelfTest: (
        inputs.SelfTested,
        inputs.Answered,
        inputs.NoAnswer,
        inputs.Progressed,
        inputs.Broken,
    ),
}
_PROBE_REFUSED = (inputs.BuildFailed, inputs.ReadRefused, inputs.NoAnswer, inputs.Broken)
PROBED: dict[str, tuple[type, ...]] = {
    "ModuleDeployment": (inputs.SlotsProbed, *_PROBE_REFUSED),
    "FirmwareDeployment": (inputs.FirmwareProbed, *_PROBE_REFUSED),
}


def answer_kinds(effect: object, machine: object) -> tuple[type, ...]:
    """Return the kinds of answers to an effect of a machine."""
    if isinstance(effect, effects.Probe):
        return PROBED[type(machine).__name__]
    return ANSWERS[type(effect)]


def one_of(kinds: tuple[type, ...]) -> st.SearchStrategy[inputs.Answer]:
    """Draw a kind of answer first, so that kinds with many values are no likelier."""
    return st.sampled_from(kinds).flatmap(lambda kind: st.sampled_from(SAID[kind]))
