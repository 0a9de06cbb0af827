"""Commands as programs: exit status 0 only on success, one line of complaint, no traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lwm2m_server.cli import app, main

EVERY_COMMAND = [
    ["demo"],
    ["serve"],
    ["simulate"],
    ["convert"],
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
    ["limits"],
    ["credentials", "list"],
    ["credentials", "add"],
    ["credentials", "rotate"],
    ["credentials", "revoke"],
    ["read"],
    ["write"],
    ["exec"],
    ["create"],
    ["delete"],
    ["discover"],
    ["attributes"],
    ["observe"],
    ["requests", "list"],
    ["requests", "show"],
    ["requests", "cancel"],
    ["bootstrap", "list"],
    ["bootstrap", "show"],
    ["bootstrap", "set"],
    ["bootstrap", "remove"],
    ["bootstrap", "trigger"],
]


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def tinymlaas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command as a shell would run it, in this process."""
    monkeypatch.setenv("TINYMLAAS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TINYMLAAS_SERVER", "http://127.0.0.1:9")
    monkeypatch.delenv("TINYMLAAS_DEBUG", raising=False)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["tinymlaas", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lwm2m_server", "zoo", "add", "/nowhere"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TINYMLAAS_DATA": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tinymlaas: /nowhere: no such file\n"


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
        (["compile", "JUNK", "--target", "avr", "-o", "OUT"], "no backend"),
        (
            ["compile", "JUNK", "--target", "cortex-m4", "--backend", "tcc", "-o", "OUT"],
            "only native, gcc",
        ),
        (["compile", "JUNK", "--target", "cortex-m0plus+mve", "-o", "OUT"], "no feature mve"),
        (["compile", "JUNK", "--target", "cortex-m4", "--ram", "lots", "-o", "OUT"], "no size"),
        (["devices"], "no server at http://127.0.0.1:9"),
        (["devices", "list"], "no server at http://127.0.0.1:9"),
        (["devices", "list", "--server", "localhost:9"], "begins with http://"),
        (["events"], "no server at http://127.0.0.1:9"),
        (["compile"], "Missing argument 'model'; `tinymlaas compile --help` explains"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["targets", "--boards", "/nowhere"], "'/nowhere' does not exist"),
        (["targets", "--boards", "JUNK"], "cannot be read as TOML"),
        (["zoo", "add", "COLONS"], "b':x:0'"),
        (["deploy", "digits", "--to", "x"], "no server at http://127.0.0.1:9"),
        (["deploy", "--to", "x"], "name either"),
        (["simulate", "sim-m4"], "no signing key"),
        (["simulate", "sim-m4", "--psk-key", "5e" * 32], "- for standard input"),
        (["simulate", "sim-m4", "--psk-key", "JUNK"], "not hexadecimal"),
        (["simulate", "sim-m4", "--psk-identity", "x"], "one device's"),
        (["simulate", "sim-m4", "sim-m4", "--psk-key", "JUNK"], "one device's"),
        (["credentials"], "no server at http://127.0.0.1:9"),
        (["read", "dev", "device"], "no server at http://127.0.0.1:9"),
        (["read", "dev"], "Missing argument"),
        (["write", "dev", "3/0/14"], "'3/0/14' is no NAME=VALUE"),
        (["write", "dev", "1/0/1=5", "/1/0/1=6"], "1/0/1 is there twice"),
        (["write", "dev", "1/0/1=5", "--partial"], "--partial goes with --to"),
        (["write", "dev", "a", "b", "--file", "JUNK"], "--file goes with one PATH"),
        (["create", "dev", "16", "0=x", "0/1=y"], "0 has either one value or several"),
        (["credentials", "add"], "name an endpoint, or --all"),
        (["credentials", "add", "dev", "--mode", "nosec"], "--mode is psk, rpk, x509"),
        (["credentials", "add", "dev", "--rpk", "JUNK", "--x509", "JUNK"], "choose one: rpk, x509"),
        (["credentials", "add", "dev", "--psk-key-hex", "5e" * 32], "- for standard input"),
        (["credentials", "revoke", "dev"], "no server at"),
        (["serve", "--limit", "peers"], "NAME=VALUE; `tinymlaas limits`"),
        (["serve", "--limit", "moons=1"], "NAME=VALUE; `tinymlaas limits`"),
        (["serve", "--limit", "peers=many"], "'many' is no number"),
        (["serve", "--limit", "peers=0"], "above 0"),
        (["serve", "--certificate", "JUNK"], "go together"),
        (["serve", "--dtls-engine", "none"], "dtls-engine"),
    ],
)
def test_a_complaint_is_one_line_that_says_what_to_do(
    tinymlaas: Command, tmp_path: Path, junk: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "colons").write_text("root:x:0:0:root:/root:/bin/bash")
    places = {
        "JUNK": str(junk),
        "OUT": str(tmp_path / "out"),
        "COLONS": str(tmp_path / "colons"),
    }
    done = tinymlaas(*(places.get(word, word) for word in arguments))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert "5e5e" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "kind"),
    [
        (["deploy", "digits"], 2, "usage"),
        (["deploy", "digits", "--to", "x"], 1, "failed"),
        (["devices", "show", "x"], 1, "failed"),
        (["verify", "JUNK", "--target", "cortex-m4"], 1, "invalid model"),
        (["compile", "JUNK", "--target", "avr", "-o", "OUT"], 1, "no backend"),
        (["zoo", "add", "/nowhere"], 1, "failed"),
        (["firmware", "add", "JUNK"], 2, "usage"),
    ],
)
def test_a_failure_too_is_one_document(
    tinymlaas: Command, tmp_path: Path, junk: Path, arguments: list[str], status: int, kind: str
) -> None:
    places = {"JUNK": str(junk), "OUT": str(tmp_path / "out")}
    done = tinymlaas(*(places.get(word, word) for word in arguments), "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["kind"]) == (status, kind)
    assert error["message"].rstrip(".") in done.stderr


def test_boards_of_the_data_folder_are_known(tinymlaas: Command, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "boards"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('[our-sensor]\ncore = "cortex-m4"\nram = "64K"\n')
    boards = {
        row["name"]: row for row in json.loads(tinymlaas("targets", "--json").stdout)["boards"]
    }
    assert boards["our-sensor"]["ram"] == 65536


def test_targets_tell_what_others_would_take(tinymlaas: Command) -> None:
    rows = json.loads(tinymlaas("targets", "--json").stdout)["cores"]
    assert all(row["backend"] or row["needs"] for row in rows)
    listed = tinymlaas("targets").stdout
    assert all(row["needs"][:20] in listed for row in rows)


def test_a_key_is_made_once(tinymlaas: Command) -> None:
    made = tinymlaas("keys", "new", "--json")
    assert made.returncode == 0
    assert len(json.loads(made.stdout)["key_hash"]) == 64
    again = tinymlaas("keys", "new")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr


def test_json_is_all_that_goes_to_stdout(tinymlaas: Command) -> None:
    listed = tinymlaas("zoo", "list", "--json")
    (model,) = json.loads(listed.stdout)
    assert model["name"] == "digits"
    cores = {row["name"] for row in json.loads(tinymlaas("targets", "--json").stdout)["cores"]}
    assert {"cortex-m0plus", "cortex-m4", "rv32imc", "host"} <= cores
