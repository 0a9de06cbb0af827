"""A report: plain JSON, all parts adding up, and the same as text."""

import json
from dataclasses import replace

import pytest

from compiler.emit.emitted import Emitted, OperatorRecord, TensorRecord
from compiler.emulation import Measured
from compiler.fit import Need, fits
from compiler.flash import FlashUse
from compiler.ledger import Entry, Figures
from compiler.report import Facts, report
from compiler.report_text import report_text
from compiler.verify import Verification


@pytest.fixture
def facts(spec) -> Facts:
    out = TensorRecord("conv", "int8", (1, 8, 8, 4), 64, 256, 0, 1)
    record = OperatorRecord(
        0, "CONV_2D", "tml_op0_", "tml_op0_run", "plain", "tml_conv_2d", 9216, 160, (), (out,)
    )
    need = Need(image=1300, arena=320, state=0, stack=120)
    return Facts(
        key="ab" * 32,
        spec=spec,
        toolchain="ziglang 0.17.0",
        command="ziglang 0.17.0 -target thumb-freestanding-eabihf -Os " + "-Wall " * 30,
        binary=bytes(1000),
        emitted=Emitted({}, ((0, 64),), ((64, 256),), 320, 0, (record,)),
        ledger=(Entry("alias_reshape", Figures(1, 0, 8, 0), ("1 RESHAPE",), ()),),
        flash=FlashUse(1000, 48, 100, 0, {0: 160}, {"tml_conv_2d": 600}, {"memset": 14}),
        need=need,
        fits=fits(need, spec.place, spec.profile.limits),
        verification=Verification(5, 1280, 0, None, 0, 120, Measured(None, 10, 7000, 100, 320)),
        instructions={0: 4000},
    )


def test_a_report_is_plain_json_and_always_the_same(facts) -> None:
    assert json.loads(json.dumps(report(facts))) == report(facts) == report(replace(facts))


def test_the_parts_of_flash_and_ram_add_up(facts) -> None:
    found = report(facts)
    flash, ram = found["flash"], found["ram"]
    parts = ("code", "constants", "table", "image_overhead")
    assert flash["total"] == sum(flash[part] for part in parts) == 1300
    assert sum(flash["by_part"].values()) + flash["image_overhead"] == flash["total"]
    assert ram["total"] == ram["arena"] + ram["state"] + ram["stack_bound"] + ram["program"] == 440


def test_a_report_tells_of_each_operator(facts) -> None:
    (operator,) = report(facts)["operators"]
    assert (operator["index"], operator["name"], operator["macs"]) == (0, "CONV_2D", 9216)
    assert operator["flash"] == 160
    assert operator["outputs"] == [
        {
            "name": "conv",
            "type": "int8",
            "shape": [1, 8, 8, 4],
            "arena_offset": 64,
            "bytes": 256,
            "life": [0, 1],
        }
    ]


def test_a_report_tells_the_headroom_of_every_limit(facts) -> None:
    resources = {fit["resource"]: fit["headroom"] for fit in report(facts)["fit"]["resources"]}
    assert resources["arena"] == 0x20000 - 320
    assert resources["flash"] == 65536 - 1300


def test_a_report_names_the_proof(facts) -> None:
    found = report(facts)
    assert found["verification"]["mismatches"] == 0
    assert found["instructions_per_inference"] == 7000


def test_the_text_has_what_a_person_looks_for(facts) -> None:
    text = report_text(report(facts))
    for part in ("cortex-m4+dsp+fpv4-sp", "1300 B", "440 B", "CONV_2D", "1x8x8x4", "64+256"):
        assert part in text
    assert text.splitlines()[-1] == "5 vectors, 1280 elements, 0 mismatches"
    assert max(map(len, text.splitlines())) <= 80


def test_a_report_tells_of_vectors_without_an_output(facts) -> None:
    proof = replace(facts.verification, undefined=3)
    told = report(replace(facts, verification=proof))
    assert told["verification"]["undefined"] == 3
    assert report_text(told).splitlines()[-1] == "3 more ran; the reference has no output for them"
