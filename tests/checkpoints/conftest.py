"""Tiny checkpoints, archives of them, and a check that nothing is left on disk."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints import CheckpointError, VariableInfo
from tests.conftest import write_checkpoint

SHADOW = "/ExponentialMovingAverage"
WEIGHTS = np.arange(12, dtype=np.float32).reshape(3, 4)
PLAIN = {
    "Net/Conv/weights": WEIGHTS,
    "Net/Conv/BatchNorm/moving_variance": np.array([1, 2, 3], np.float32),
    "global_step": np.array(7, np.int64),
}


def make(prefix: Path, values=PLAIN) -> Path:
    """Writes a V2 checkpoint and makes the folders above it."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    write_checkpoint(prefix, values)
    return prefix


def with_shadows(values=PLAIN) -> dict[str, np.ndarray]:
    """Values with the average, which is ten more, of each that training averages."""
    averaged = {name + SHADOW: value + 10 for name, value in values.items() if "Net" in name}
    return {**values, **averaged}


def make_v1(path: Path, values=PLAIN) -> Path:
    """Writes a V1 checkpoint: one file."""
    import tensorflow.compat.v1 as tf

    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.Graph().as_default(), tf.Session() as session:
        variables = {name: tf.Variable(value) for name, value in values.items()}
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(variables, write_version=tf.train.SaverDef.V1)
        saver.save(session, str(path), write_meta_graph=False, write_state=False)
    return path


def tar(path: Path, folder: Path, mode: str = "w:gz") -> Path:
    """Packs a folder under its own name."""
    with tarfile.open(path, mode) as archive:
        archive.add(folder, folder.name)
    return path


def tar_of(path: Path, *members: tarfile.TarInfo) -> Path:
    """Packs members without looking at what they are; files hold zeros."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def wanted(values=PLAIN, trainable=("weights",)) -> list[VariableInfo]:
    """What a network with these variables wants."""
    return [
        VariableInfo(name, value.shape, name.endswith(trainable))
        for name, value in values.items()
        if name.startswith("Net")
    ]


def flip(path: Path, offset: int) -> None:
    """Changes one byte of a file."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


def files_below(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: contents by relative path, None for what is no file."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory, monkeypatch):
    """The folder for temporary files; every test must leave it empty."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def refuses(tmp_path, temporary):
    """Asserts that opening is refused with a message, and changes nothing on disk."""

    def check(source, match: str, **options) -> str:
        before = files_below(tmp_path)
        with pytest.raises(CheckpointError, match=match) as caught:
            checkpoints.open(source, **options)
        assert files_below(tmp_path) == before
        assert list(temporary.iterdir()) == []
        return str(caught.value)

    return check


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with one checkpoint and what usually is beside one."""
    folder = tmp_path / "published"
    make(folder / "model.ckpt-7")
    (folder / "model.ckpt-7.meta").write_bytes(b"graph")
    (folder / "frozen.pb").write_bytes(b"graph")
    return folder
