"""Networks with a multiplier, classes and a size of one's own: the sample of the repository."""

import dataclasses
import hashlib
import json
import tarfile

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub
import tf_keras

from scripts import digits, train_digits
from slimhub import export
from slimhub.export.record import Record
from tests.fixtures import support
from tests.fixtures.support import REPOSITORY

SAMPLES = REPOSITORY / "samples"
ARCHIVE = SAMPLES / f"{train_digits.ARCHIVE}.tgz"
SIZE = train_digits.OPTIONS["image_size"]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    request = export.Request(
        train_digits.NETWORK,
        str(ARCHIVE),
        str(tmp_path_factory.mktemp("digits") / "artifact"),
        task="classification",
        labels=str(SAMPLES / "digits_labels.txt"),
        **train_digits.OPTIONS,
    )
    return export.export(request)


def test_the_sample_is_what_a_tf_slim_user_has():
    assert ARCHIVE.stat().st_size < 3e6
    with tarfile.open(ARCHIVE) as archive:
        assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in archive} == {(0, 0, "", "", 0)}


def test_the_sample_was_filled_with_averages(result):
    assert result.record.variables.filled == {"average": 210}
    kinds = result.record.variables.left_over_expected
    assert kinds["optimizer slots"] == 2 * 142
    assert kinds["training step"] == 1
    assert kinds["raw values with an average"] == 210
    assert result.record.variables.left_over == ()
    assert result.record.source.step == 2000


def test_it_names_held_out_digits(result):
    data = digits.load(SIZE)
    model = tf_keras.Sequential([hub.KerasLayer(str(result.output))])
    model.build([None, SIZE, SIZE, 3])
    named = model.predict(data.test_images, verbose=0).argmax(1)
    assert len(named) == 360
    assert np.mean(named == data.test_labels) > 0.95


def test_labels_are_an_asset(result):
    module = tf.saved_model.load(str(result.output))
    names = module.labels.asset_path.numpy().decode()
    assert open(names, encoding="utf-8").read().split() == list(digits.NAMES)  # noqa: PTH123, SIM115
    text = (SAMPLES / "digits_labels.txt").read_bytes()
    assert dataclasses.asdict(result.record.labels) == {
        "count": 10,
        "source": "digits_labels.txt",
        "sha256": hashlib.sha256(text).hexdigest(),
    }


def test_the_record_repeats_the_export_without_paths(result):
    record = json.loads((result.output / "assets.extra" / "slimhub.json").read_text())
    assert record == result.record.to_json()
    assert record["command"] == (
        "slimhub export mobilenet_v3_small_100_224 --checkpoint=digits_mobilenet_v3.tgz "
        "--task=classification --labels=digits_labels.txt --depth_multiplier=0.35 "
        "--num_classes=10 --image_size=32 --feature_depth=128"
    )
    assert record["network"]["has_background"] is False
    text = json.dumps(record)
    assert str(REPOSITORY) not in text
    assert "/tmp" not in text


def test_the_record_has_every_files_digest(result):
    files = {p.relative_to(result.output).as_posix() for p in result.output.rglob("*.*")}
    names = {name for name in files if "/" in name or name.endswith(".pb")} - {"assets.extra"}
    assert set(result.record.files) == names - {"assets.extra/slimhub.json"}


def test_the_record_counts_parameters(result):
    variables = result.record.variables
    module = tf.saved_model.load(str(result.output))
    sizes = {v.name: v.shape.num_elements() for v in module.variables}
    trained = sum(sizes[v.name] for v in module.trainable_variables)
    assert variables.count == len(sizes) == 210
    assert variables.parameters == trained
    assert variables.statistics == sum(sizes.values()) - trained


def test_the_record_has_the_shapes_of_its_endpoints(result):
    figures = result.record.figures
    size = result.record.network.image_size
    found = tf.saved_model.load(str(result.output))(
        tf.zeros([1, size, size, 3]), return_endpoints=True
    )
    shapes = {name: tuple(tensor.shape[1:]) for name, tensor in found.items()}
    assert shapes == figures.endpoints | {"default": (result.record.output.width,)}
    assert Record.read(result.output).figures == figures


def test_the_records_golden_can_be_computed_again(result):
    golden = result.record.golden
    images = np.random.RandomState(0).uniform(0, 1, golden.input.shape).astype("float32")
    assert hashlib.sha256(images.tobytes()).hexdigest() == golden.input.sha256
    stored = np.load(result.output / "assets.extra" / "golden_output.npy")
    assert hashlib.sha256(stored.tobytes()).hexdigest() == golden.output.sha256
    assert golden.output.shape == stored.shape == (1, 10)
    assert golden.output.largest == np.abs(stored).max()
    output = tf.saved_model.load(str(result.output))(images).numpy()
    # What is stored is computed in double precision, and rounded to 18 bits.
    assert support.relative_difference(output, stored) < 2e-5
