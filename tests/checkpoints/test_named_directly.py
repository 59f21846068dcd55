"""A checkpoint is the same however it is named, and no odd source ends in a traceback."""

import threading

import pytest

from slimhub import checkpoints
from slimhub.checkpoints import CheckpointError, VariableInfo
from tests.checkpoints.conftest import PLAIN, WEIGHTS, make, tar, wanted, with_shadows
from tests.checkpoints.test_downloads import Server


@pytest.mark.parametrize("below", ["", "ema", "ema/model-5", "ema/model-5.index"])
def test_averages_are_known_however_the_checkpoint_is_named(tmp_path, below):
    make(tmp_path / "published" / "ema" / "model-5")
    with checkpoints.open(tmp_path / "published" / below) as checkpoint:
        assert checkpoint.averages == "stored"
        summary = checkpoints.plan(checkpoint, wanted()).summary()
    assert summary[0] == "2 filled: 2 with values from an averaged checkpoint"


def test_averages_are_known_from_within_their_folder(tmp_path, monkeypatch):
    make(tmp_path / "ema" / "model-5")
    monkeypatch.chdir(tmp_path / "ema")
    for source in (".", "model-5"):
        with checkpoints.open(source) as checkpoint:
            assert checkpoint.averages == "stored"


def test_only_the_checkpoints_own_folder_tells_of_averages(tmp_path):
    make(tmp_path / "ema" / "raw" / "model-5")  # the folder may be a user's name, as in /home/ema
    with checkpoints.open(tmp_path / "ema" / "raw") as checkpoint:
        assert checkpoint.averages == "unknown"


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"PK\3\4" + bytes(99), "is a zip file, such as .keras, .npz or PyTorch's"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "is a Keras HDF5 file"),
        (b"hello", r"is damaged or truncated \(it does not end like a checkpoint\)"),
        (b"", "is empty: copy or download it again"),
    ],
    ids=["zip", "hdf5", "text", "empty"],
)
def test_another_kind_of_ckpt_file_is_named_in_folders_and_archives(
    tmp_path, temporary, refuses, content, match
):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "odd.ckpt").write_bytes(content)
    archive = tar(tmp_path / "a.tgz", tmp_path / "model")
    for source in (tmp_path / "model", archive):
        message = refuses(source, rf"^odd\.ckpt {match}")
        assert str(temporary) not in message


@pytest.mark.parametrize("source", ["", " ", "a\0b"])
def test_an_empty_or_malformed_path_is_refused(folder, monkeypatch, refuses, source):
    monkeypatch.chdir(folder)  # in which an empty path would find a checkpoint
    refuses(source, "checkpoint path is empty or malformed")


def test_a_link_to_nothing_is_called_that(tmp_path, refuses):
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    refuses(tmp_path / "link", "is a link to .*gone, which does not exist")


def test_demanded_shadows_of_another_network_are_a_misfit(tmp_path):
    with checkpoints.open(make(tmp_path / "model-5", with_shadows())) as checkpoint:
        variables = [VariableInfo("Other/weights", WEIGHTS.shape, True)]
        plan = checkpoints.plan(checkpoint, variables, averages="shadow")
    with pytest.raises(CheckpointError, match="not in the checkpoint: Other/weights"):
        plan.require_complete()


def test_a_scheme_in_capitals_is_read(folder, tmp_path):
    server = Server()
    server.contents["/a.tgz"] = tar(tmp_path / "a.tgz", folder).read_bytes()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = server.url("/a.tgz").replace("http", "HTTP", 1)
        with checkpoints.open(url, cache=tmp_path / "cache") as checkpoint:
            assert list(checkpoint.tensors) == sorted(PLAIN)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
