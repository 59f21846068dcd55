"""Data sets that TensorFlow Datasets has prepared."""

import sys

import pytest
import tensorflow as tf

if sys.version_info < (3, 11):
    pytest.skip("needs a protobuf that others do not take on Python 3.10", allow_module_level=True)
import tensorflow_datasets as tfds

from scripts import digits
from slimhub.common.errors import RequestError
from slimhub.evaluate import EvaluationRequest, evaluation
from slimhub.evaluate.datasets import tfds_splits
from tests.fixtures.digit_data import write_records

FEATURES = {
    "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
    "label": tfds.features.ClassLabel(names=digits.NAMES),
}


@pytest.fixture(scope="module")
def prepare(tmp_path_factory):
    """Writes records as TensorFlow Datasets does, as the split `test` of a data set."""
    root = tmp_path_factory.mktemp("tensorflow_datasets")
    tfds.core.add_data_dir(str(root))

    def write(name, parts, lengths=None, features=FEATURES):
        folder = root / name / "1.0.0"
        folder.mkdir(parents=True)
        for number, part in enumerate(parts):
            file = f"{name}-test.tfrecord-{number:05}-of-{len(parts):05}"
            write_records(folder / file, part)
        split = tfds.core.SplitInfo(
            name="test", shard_lengths=lengths or [*map(len, parts)], num_bytes=0
        )
        tfds.folder_dataset.write_metadata(
            data_dir=str(folder),
            features=tfds.features.FeaturesDict(features),
            split_infos=[split],
        )

    return write


def renamed(record):
    """A record of TF-Slim's form with the features that TensorFlow Datasets writes."""
    slim = tf.train.Example.FromString(record).features.feature
    found = {"image": slim["image/encoded"], "label": slim["image/class/label"]}
    return tf.train.Example(features=tf.train.Features(feature=found)).SerializeToString()


@pytest.fixture(scope="module")
def parts(digit_data):
    return [
        [renamed(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
        for path in sorted(digit_data.records.iterdir())
    ]


def test_figures_are_those_of_the_same_pictures_elsewhere(model, digit_data, prepare, parts):
    prepare("held_out", parts)
    found = []
    for data in ("tfds:held_out/test", str(digit_data.records / "digits_test_*")):
        wanted = EvaluationRequest(str(model.folder), data, preprocessing="resize")
        found.append(evaluation.measure(model, wanted.dataset(), wanted))
    record = found[0].record
    assert (record.count, record.top1) == (360, digit_data.right / 360)
    assert (record.labels, record.data.kind, record.data.split) == (
        "by name",
        "TensorFlow Datasets",
        "test",
    )
    assert found[0].totals.loss == found[1].totals.loss
    assert found[0].totals.pairs == found[1].totals.pairs


def test_what_cannot_be_read_is_refused(prepare, parts):
    prepare("few", [parts[0][:3]])
    prepare("torn", [parts[0][:3]], lengths=[4])
    prepare("unlabeled", [parts[0][:3]], features={"image": FEATURES["image"]})
    assert tfds_splits.read("tfds:few:1.0.0/test", "").count == 3
    assert tfds_splits.read("tfds:few", "test") == tfds_splits.read("tfds:few/test", "test")
    for data, split, message in (
        ("tfds:few", "", "write tfds:NAME/SPLIT"),
        ("tfds:few/test[:2]", "", r"the split must be test, not 'test\[:2\]'"),
        ("tfds:few/test", "train", "cannot be read|the split must be test"),
        ("tfds:huggingface:mnist/test", "", "data sets of other places.* are not read"),
        ("tfds:../few/test", "", r"'\.\./few' is not NAME"),
        ("tfds:few/all/test", "", "few/all/test cannot be read"),
        ("tfds:nowhere/test", "", "nowhere not found.*TFDS_DATA_DIR"),
        ("tfds:mnist/test", "", "is not prepared: run `tfds build mnist`"),
        ("tfds:torn/test", "", "should have 4 pictures, but its files have 3"),
        ("tfds:unlabeled/test", "", "TFRecords with the features image and label"),
    ):
        with pytest.raises(RequestError, match=message):
            tfds_splits.read(data, split)


def test_a_python_that_cannot_have_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(RequestError, match=r"pip install 'slimhub\[evaluate\]'"):
        tfds_splits.read("tfds:digits/test", "")
    monkeypatch.setattr(tfds_splits, "_OLDEST_PYTHON", (99,))
    with pytest.raises(RequestError, match="write the pictures to one folder per class"):
        tfds_splits.read("tfds:digits/test", "")
