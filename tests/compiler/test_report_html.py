"""The page of a report: whole, self-contained, with the picture of the memory plan."""

from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest

from compiler.build import build
from compiler.memory_picture import memory_picture
from compiler.profile import Objective, choose_profile
from compiler.report_html import report_html
from compiler.spec import BuildSpec
from compiler.targets import ImageKind, Target, default_slot

DIGITS = (files("firmware_store") / "starter" / "digits" / "model.tflite").read_bytes()
SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "rect", "line"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict:
    target = Target("cortex-m3")
    profile, *_ = choose_profile(target, objective=Objective.SPEED)
    spec = BuildSpec(DIGITS, profile, default_slot(target), ImageKind.MODULE, 0, 3)
    return build(spec, tmp_path_factory.mktemp("build"), [].append).report


class Balanced(HTMLParser):
    """Asserts that each tag is closed in order, and remembers what the page names."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_a_page_is_whole_and_fetches_nothing(report: dict) -> None:
    page = report_html(report)
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert parser.links == []
    assert page == report_html(report)
    assert report["build_key"] in page
    for operator in report["operators"]:
        assert f"<td>{operator['name']}</td>" in page


def test_a_page_tells_of_vectors_without_an_output(report: dict) -> None:
    told = report | {"verification": report["verification"] | {"undefined": 3}}
    assert "3 more ran" in report_html(told)
    assert "more ran" not in report_html(report)


def test_what_a_model_names_cannot_become_a_tag(report: dict) -> None:
    hostile = "<script>alert(1)</script>"
    operators = [dict(one, name=hostile) for one in report["operators"]]
    stretches = [dict(one, name=hostile) for one in report["memory"]["stretches"]]
    spoilt = report | {
        "operators": operators,
        "operators_linked": {"CONV_2D": 1},
        "memory": report["memory"] | {"stretches": stretches},
    }
    assert "<script>" not in report_html(spoilt)


def test_the_picture_has_each_stretch_where_it_lies(report: dict) -> None:
    memory = report["memory"]
    root = ET.fromstring(memory_picture(memory, report["operators"]))
    boxes = root.findall(f"{SVG}rect")
    assert len(boxes) == len(memory["stretches"])
    assert max(s["offset"] + s["size"] for s in memory["stretches"]) == memory["arena"]
    assert memory["bound"] <= memory["arena"]
    lowest = min(float(box.get("y", "0")) for box in boxes)
    assert lowest == pytest.approx(10, abs=0.2)


def test_what_was_left_out_is_not_linked(report: dict) -> None:
    assert set(report["operators_linked"]).isdisjoint(report["operators_left_out"])
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in report["operators_left_out"]
