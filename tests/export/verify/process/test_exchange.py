"""An artifact that is exchanged while it is read: what was checked is not what was loaded."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from slimhub.common.errors import ExportError
from slimhub.export.formats.convertible import Convertible
from slimhub.export.verify.process import proof_server

NETWORK = "mobilenet_v1_025_128"


@pytest.fixture
def folder(artifact, tmp_path):
    return shutil.copytree(artifact(NETWORK, "classification").path, tmp_path / "own")


def exchange(folder: Path) -> None:
    graph = folder / "saved_model.pb"
    shutil.copyfile(graph, folder.parent / "other")
    (folder.parent / "other").replace(graph)


def test_a_file_of_an_exchanged_artifact_is_not_described(folder):
    model = Convertible(folder)
    model.inscription("none", None, 1001)
    exchange(folder)
    with pytest.raises(ExportError, match="files of own were written to or replaced"):
        model.inscription("none", None, 1001)


@pytest.mark.parametrize("is_exchanged", [False, True])
def test_an_exchanged_artifact_has_no_proof(folder, monkeypatch, is_exchanged):
    hello = {"mode": "quick", "wants_layers": False, "trust": False}
    target, finished = {"artifact": str(folder), "record": None}, {"record": None, "private": []}
    messages = iter([hello, {"source": None, "subject": None}, target, finished])
    monkeypatch.setattr(proof_server, "_read", lambda: next(messages))
    monkeypatch.setattr(proof_server, "_fork", lambda _: {})  # the parts, which would load it

    def collect(*_):
        if is_exchanged:
            exchange(folder)
        return {}

    monkeypatch.setattr(proof_server, "_collect", collect)
    if is_exchanged:
        with pytest.raises(ExportError, match="files of own were written to or replaced"):
            proof_server._prove()
    else:
        assert "proof" in proof_server._prove()


def test_a_part_that_has_already_answered_is_sent_no_more():
    """Where dropout makes gradients random, there is nothing to wait for."""
    ours, theirs = multiprocessing.Pipe()
    theirs.send("answer")
    theirs.close()
    proof_server._send(ours, "a record")
    assert ours.recv() == "answer"
