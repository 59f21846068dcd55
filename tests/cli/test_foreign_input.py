"""Whatever a command is given, it answers with one sentence: no traceback, no waiting."""

import contextlib
import io
import os
import sys
from pathlib import Path

import pytest

from slimhub.cli import commands, console, main


@pytest.fixture
def place(tmp_path):
    """A folder with files that are none, and texts beyond reason."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "pool")
    (tmp_path / "pool").symlink_to(tmp_path / "loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "empty").touch()
    (tmp_path / "deep").write_text("[" * 100_000)
    (tmp_path / "long").write_text("a = " + "1" * 5000)
    (tmp_path / "nul").write_text("a\0b")
    (tmp_path / "latin").write_bytes(b"\xe9t\xe9")
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 1 << 40)
    (Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))).write_text("x")
    return tmp_path


FILES = ["pipe", "loop", "zero", "empty", "deep", "long", "nul", "latin", "large", "\udcff", "not"]
COMMANDS = {
    "checkpoint": ["inspect", "FILE"],
    "page": ["page", "--check", "FILE"],
    "artifact": ["page", "FILE", "--handle=a/b/1"],
    "text": ["page", "FILE", "--handle=a/b/1", "--changelog=FILE"],
    "bundle": ["bundle", "FILE"],
    "bundle output": ["bundle", "FOLDER", "--output=FILE"],
    "manifest": ["zoo", "FILE", "--dry_run"],
    "publish": ["publish", "FILE", "hub:FOLDER/hub"],
    "hub": ["unpublish", "a/b/1", "FILE"],
    "export": ["export", "mobilenet_v1_025_128", "--checkpoint=FILE", "--output=FOLDER/out"],
    "labels": [
        *["export", "mobilenet_v1_025_128", "--checkpoint=FILE", "--output=FOLDER/out"],
        *["--task=classification", "--labels=FILE"],
    ],
    "output": ["export", "mobilenet_v1_025_128", "--checkpoint=not", "--output=FILE"],
    "key": ["verify", "FOLDER", "--public_key=FILE"],
    "verify": ["verify", "FILE"],
}


def answer(words, capsys) -> str:
    """What a command says that fails."""
    arguments = commands.parser().parse_args(words)
    with contextlib.redirect_stdout(console.Console(sys.stdout)):
        assert main._main(arguments) in (1, 2)
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.parametrize("file", FILES, ids=ascii)
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_file_that_is_none_is_one_sentence(place, capsys, words, file):
    path = f"{place}/{file}"
    words = [word.replace("FILE", path).replace("FOLDER", str(place)) for word in words]
    said = answer(words, capsys)
    assert said.strip()
    assert "Traceback" not in said
    assert not (place / "out").exists()


RECORDS = {
    "deep": "[" * 100_000,
    "long": '{"format": ' + "1" * 5000 + "}",
    "nul": "\0",
    "list": "[]",
    "types": '{"format": 1, "task": ["a"], "network": 3, "files": {"a": []}}',
    "none": '{"format": null}',
    "half": '{"format": 1, "task": "feature_vector", "network": {"name": "\\ud800"}}',
}


@pytest.mark.parametrize("content", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("words", [["page", "--handle=a/b/1"], ["publish", "hub:FOLDER/hub"]])
def test_a_record_that_is_none_is_one_sentence(tmp_path, capsys, content, words):
    artifact = tmp_path / "artifact"
    (artifact / "assets.extra").mkdir(parents=True)
    (artifact / "saved_model.pb").touch()
    (artifact / "assets.extra" / "slimhub.json").write_text(content)
    first, *rest = [word.replace("FOLDER", str(tmp_path)) for word in words]
    assert "record" in answer([first, str(artifact), *rest], capsys)


def test_an_unknown_user_is_one_sentence(capsys):
    assert "write the path without ~" in answer(["inspect", "~nobody-of-this-name/a"], capsys)


def test_without_home_and_user_a_path_is_one_sentence(capsys, monkeypatch):
    def fail(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", fail)
    assert "write the path without ~" in answer(["inspect", "~/a"], capsys)


def test_nothing_printed_controls_the_terminal():
    stream = io.StringIO()
    print("a\x1b[31m\r\u202eb\x9b\tc\u00a0é\n", file=console.Console(stream), end="")
    assert stream.getvalue() == "a\\x1b[31m\\r\\u202eb\\x9b\tc\u00a0é\n"
