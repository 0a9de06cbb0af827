"""Commands as programs: exit status 0 only on success, one line of complaint, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lwm2m_server.cli import app

EVERY_COMMAND = [
    ["demo"],
    ["serve"],
    ["simulate"],
    ["compile"],
    ["verify"],
    ["targets"],
    ["deploy"],
    ["events"],
    ["zoo", "list"],
    ["zoo", "add"],
    ["keys", "new"],
    ["devices", "list"],
    ["devices", "show"],
    ["devices", "set-board"],
    ["firmware", "list"],
    ["firmware", "add"],
]


def tinymlaas(*arguments: str, data: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "TINYMLAAS_DATA": str(data),
        "TINYMLAAS_SERVER": "http://127.0.0.1:9",
    }
    environment.pop("TINYMLAAS_DEBUG", None)
    return subprocess.run(
        [sys.executable, "-P", "-m", "lwm2m_server", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )


def test_every_command_is_there_and_explains_itself() -> None:
    runner = CliRunner()
    for command in EVERY_COMMAND:
        assert runner.invoke(app, [*command, "--help"]).exit_code == 0, command


@pytest.fixture
def junk(tmp_path: Path) -> Path:
    file = tmp_path / "text.tflite"
    file.write_text("this is no model")
    return file


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compile", "JUNK", "--target", "cortex-m4", "-o", "OUT"], "invalid model"),
        (["verify", "JUNK", "--target", "cortex-m4"], "invalid model"),
        (["zoo", "add", "JUNK"], "invalid model"),
        (["zoo", "add", "/nowhere/x.tflite"], "no such file"),
        (["compile", "JUNK", "--target", "z80", "-o", "OUT"], "z80"),
        (["compile", "JUNK", "--target", "xtensa-lx6", "-o", "OUT"], "no backend"),
        (["compile", "JUNK", "--target", "cortex-m0plus+mve", "-o", "OUT"], "no feature mve"),
        (["compile", "JUNK", "--target", "cortex-m4", "--ram", "lots", "-o", "OUT"], "no size"),
        (["devices", "list"], "no server at http://127.0.0.1:9"),
        (["deploy", "digits", "--to", "x"], "no server at http://127.0.0.1:9"),
        (["deploy", "--to", "x"], "name either"),
        (["simulate", "sim-m4"], "no signing key"),
    ],
)
def test_a_complaint_is_one_line_that_says_what_to_do(
    tmp_path: Path, junk: Path, arguments: list[str], words: str
) -> None:
    places = {"JUNK": str(junk), "OUT": str(tmp_path / "out")}
    done = tinymlaas(*(places.get(word, word) for word in arguments), data=tmp_path / "data")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert words in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_key_is_made_once(tmp_path: Path) -> None:
    made = tinymlaas("keys", "new", "--json", data=tmp_path)
    assert made.returncode == 0
    assert len(json.loads(made.stdout)["key_hash"]) == 64
    again = tinymlaas("keys", "new", data=tmp_path)
    assert again.returncode == 1
    assert "Traceback" not in again.stderr


def test_json_is_all_that_goes_to_stdout(tmp_path: Path) -> None:
    listed = tinymlaas("zoo", "list", "--json", data=tmp_path)
    (model,) = json.loads(listed.stdout)
    assert model["name"] == "digits"
    cores = {
        row["name"]
        for row in json.loads(tinymlaas("targets", "--json", data=tmp_path).stdout)["cores"]
    }
    assert {"cortex-m0plus", "cortex-m4", "rv32imc", "host"} <= cores
