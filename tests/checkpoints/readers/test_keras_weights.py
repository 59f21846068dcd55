"""Keras weights in HDF5: a file that points elsewhere, or is of something else, is refused."""

import h5py
import numpy as np
import pytest

from slimhub import checkpoints
from slimhub.checkpoints.readers import keras_weights
from tests.checkpoints.conftest import WEIGHTS, flip

NAME = "Net/Conv/weights:0"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.h5"


def write(path, add=lambda layer: layer.create_dataset(NAME, data=WEIGHTS), root="", name=NAME):
    """Writes a file as Keras does, with what `add` puts into the group of its one layer."""
    with h5py.File(path, "w") as file:
        group = file.create_group(root) if root else file
        group.attrs["layer_names"] = [b"layer"]
        layer = group.create_group("layer")
        layer.attrs["weight_names"] = [name.encode()]
        add(layer)
    return path


@pytest.mark.parametrize("root", ["", "model_weights"])
def test_weights_go_by_the_names_of_variables(path, root):
    with checkpoints.open(write(path, root=root)) as opened:
        assert list(opened.tensors) == ["Net/Conv/weights"]
        np.testing.assert_array_equal(opened.read("Net/Conv/weights"), WEIGHTS)


def test_names_that_keras_split_are_found(path):
    with h5py.File(write(path), "a") as file:
        layer = file["layer"]
        layer.create_dataset("Net/second:0", data=WEIGHTS)
        names = [layer.attrs["weight_names"][:], [b"Net/second:0"]]
        del layer.attrs["weight_names"]
        for number, part in enumerate(names):
            layer.attrs[f"weight_names{number}"] = part
    with checkpoints.open(path) as opened:
        assert list(opened.tensors) == ["Net/Conv/weights", "Net/second"]


def outside(layer):
    layer.file.create_dataset("beside", data=WEIGHTS)
    layer[NAME] = h5py.SoftLink("/beside")


def virtual(layer):
    layout = h5py.VirtualLayout(WEIGHTS.shape, "f4")
    layout[:] = h5py.VirtualSource("other.h5", "secret", WEIGHTS.shape)
    layer.create_virtual_dataset(NAME, layout)


@pytest.mark.parametrize(
    ("add", "reason"),
    [
        (lambda layer: None, "a link leads out of the file"),
        (outside, "a link leads out of the file"),
        (
            lambda layer: layer.__setitem__(NAME, h5py.ExternalLink("other.h5", "/secret")),
            "a link leads out of the file",
        ),
        (virtual, "a weight is not an array of numbers"),
        (
            lambda layer: layer.create_dataset(
                NAME, WEIGHTS.shape, "f4", external=[("/etc/passwd", 0, 48)]
            ),
            "a weight is not an array of numbers",
        ),
        (lambda layer: layer.create_group(NAME), "a weight is not an array of numbers"),
        (
            lambda layer: layer.create_dataset(NAME, data=b"text"),
            "a weight is not an array of numbers",
        ),
        (
            lambda layer: layer.create_dataset(NAME, (1 << 20, 1 << 20), "f4", chunks=(64, 64)),
            "a weight is too large",
        ),
        (
            lambda layer: layer.create_dataset("Net", data=WEIGHTS),
            "found a weight where a group should be",
        ),
    ],
    ids=["none", "soft", "external", "virtual", "foreign", "group", "text", "large", "place"],
)
def test_what_is_not_an_array_of_the_file_is_refused(path, refuses, add, reason):
    refuses(write(path, add), rf"^weights\.h5 is damaged and cannot be read \({reason}\): copy")


def test_what_is_no_list_of_layers_is_refused(path, refuses):
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=WEIGHTS)  # as Keras 3 saves weights
    match = (
        r"^weights\.h5 is a Keras HDF5 file without weights under the names of variables: export"
    )
    refuses(path, match)


def test_two_weights_of_one_name_are_refused(path, refuses):
    with h5py.File(write(path), "a") as file:
        file.attrs["layer_names"] = [b"layer", b"layer"]
    refuses(
        path, r"^weights\.h5 holds several weights named Net/Conv/weights, so it is not clear which"
    )


def test_a_truncated_file_is_refused(path, refuses):
    whole = write(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refuses(path, r"^weights\.h5 is damaged and cannot be read \(")


def test_a_flipped_byte_is_refused_or_does_no_harm(path):
    original = write(path).read_bytes()
    start = original.find(WEIGHTS.tobytes())
    refused = 0
    for offset in range(7, len(original), 433):
        if start <= offset < start + WEIGHTS.nbytes:
            continue  # HDF5 has no checksum of what Keras writes
        flip(path, offset)
        try:
            with checkpoints.open(path) as opened:
                for name in opened.tensors:
                    opened.read(name)
        except checkpoints.CheckpointError:
            refused += 1
        path.write_bytes(original)
    assert refused > 2


GIVES_UP = r"^weights\.h5 is damaged and cannot be read \(the HDF5 library failed\): copy"


def test_a_file_that_crashes_the_library_is_refused(path, refuses):
    at = write(path).read_bytes().find(b"layer_names") + 17  # the type of the list of names
    flip(path, at)
    refuses(path, GIVES_UP)


def test_a_file_that_keeps_the_library_busy_is_refused(path, monkeypatch, refuses):
    monkeypatch.setattr(keras_weights, "_SECONDS", 2)
    at = write(path).read_bytes().find(b"GCOL") + 24  # the size of the first text on the heap
    flip(path, at)
    refuses(path, GIVES_UP)
