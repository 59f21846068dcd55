"""What is refused before any work, and what a user's own pictures may be."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from slimhub.common.errors import ExportError, RequestError
from slimhub.export.formats import (
    ConversionRequest,
    companions,
    convert,
    format_pictures,
    own_pictures,
)
from tests.fixtures.commands import run_light

REFUSED = [
    ({"output": "features.pb"}, r"features.pb has to end in .tflite \(LiteRT\) or .onnx \(ONNX\)"),
    ({"quantize": "int4"}, "`quantize` must be none, float16, int8_weights or int8, not 'int4'"),
    ({"calibration": "data"}, "`calibration` does not apply to `quantize=none`"),
    ({"accept": 0.5}, "`accept` does not apply to `quantize=none`"),
    ({"accept": 1.5, "quantize": "int8"}, "`accept` must be between 0 and 1"),
    ({"artifact": "nowhere"}, "nowhere does not exist"),
    ({"artifact": "tests"}, "tests is not a SavedModel folder"),
    ({"output": "nowhere/a.tflite"}, "the output's folder nowhere does not exist"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_refused_requests(digits, given, message):
    request = ConversionRequest(**{"artifact": str(digits), "output": "a.tflite"} | given)
    with pytest.raises(RequestError, match=message):
        request.check()


def test_files_are_not_replaced_unasked(digits, tmp_path):
    path = tmp_path / "a.tflite"
    path.write_text("mine")
    with pytest.raises(RequestError, match="already exists: choose another name, or replace it"):
        ConversionRequest(str(digits), str(path)).check()
    ConversionRequest(str(digits), str(path), overwrite=True).check()
    with pytest.raises(RequestError, match="is inside the artifact"):
        ConversionRequest(str(digits), str(digits / "a.tflite")).check()


def test_a_missing_extra_is_one_sentence(digits, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tf2onnx" else found(name)
    )
    with pytest.raises(RequestError) as caught:
        ConversionRequest(str(digits), "a.onnx").check()
    assert str(caught.value) == "tf2onnx not installed: pip install 'slimhub[onnx]'"


def test_changed_artifacts_are_not_loaded(copied, tmp_path):
    (copied / "assets" / "labels.txt").write_text("0\n" * 10)
    with pytest.raises(ExportError, match=r"not loaded, since its files .*`trust`"):
        convert(ConversionRequest(str(copied), str(tmp_path / "a.tflite")))


def test_the_command_refuses_at_once():
    finished = run_light("convert", "tests", "a.tflite", "--quantize=float16")
    assert finished.returncode == 2
    assert "tests is not a SavedModel folder" in finished.stderr


def write_pictures(folder):
    folder.mkdir()
    for number in range(3):
        image = np.full((20, 10, 3), 80 * number, np.uint8)
        (folder / f"{number}.png").write_bytes(tf.io.encode_png(image).numpy())
    return folder


def write_records(target, pictures, key="image/encoded"):
    with tf.io.TFRecordWriter(str(target)) as writer:
        for path in pictures:
            feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[path.read_bytes()]))
            features = tf.train.Features(feature={key: feature})
            writer.write(tf.train.Example(features=features).SerializeToString())
    return target


def test_own_pictures_come_between_photographs_and_patterns(tmp_path):
    folder = write_pictures(tmp_path / "pictures")
    found = format_pictures.read(16, str(folder))
    assert (found.own, found.patterns) == (3, 3)
    own = found.usual[-3:]
    assert own.mean(axis=(1, 2, 3)) == pytest.approx([0, 80 / 255, 160 / 255])

    records = tmp_path / "validation-00000-of-00001"
    write_records(records, sorted(folder.iterdir()))
    assert np.array_equal(format_pictures.read(16, str(records)).usual[-3:], own)


def test_each_file_of_records_has_its_share(tmp_path, monkeypatch):
    monkeypatch.setattr(own_pictures, "MOST", 4)
    folder = write_pictures(tmp_path / "pictures")
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "README").write_text("not read")
    for shard, path in enumerate(sorted(folder.iterdir())[:2]):
        write_records(tmp_path / "records" / f"a-{shard:05}-of-00002", [path] * 3)
    read = own_pictures.read(tmp_path / "records", 8)
    assert (read.images.mean(axis=(1, 2, 3)) > 0.1).tolist() == [False, False, True, True]
    assert read.found is None
    read = own_pictures.read(write_pictures(tmp_path / "more"), 8)
    assert (len(read.images), read.found) == (3, 3)


@pytest.mark.parametrize("name", ["a-00000-of-00001", "a.tfrecord", "records"])
@pytest.mark.parametrize(("damaged", "left"), [(1, 5), (2, 20)])
def test_a_damaged_record_is_named(tmp_path, name, damaged, left):
    """Cut off inside of a header, and of an image."""
    pictures = sorted(write_pictures(tmp_path / "pictures").iterdir())
    content = write_records(tmp_path / name, pictures).read_bytes()
    before = len(write_records(tmp_path / "before", pictures[:damaged]).read_bytes())
    (tmp_path / name).write_bytes(content[: before + left])
    with pytest.raises(RequestError, match=f"record {damaged} of .*{name} is damaged"):
        own_pictures.read(tmp_path / name, 8)


def test_records_of_something_else_are_named(tmp_path):
    pictures = sorted(write_pictures(tmp_path / "pictures").iterdir())
    target = write_records(tmp_path / "a.tfrecord", pictures, key="audio")
    with pytest.raises(RequestError, match=r"record 0 of .*a.tfrecord has no image/encoded"):
        own_pictures.read(target, 8)
    target.write_bytes(b"nothing at all")
    with pytest.raises(RequestError, match=r"record 0 of .*a.tfrecord is damaged"):
        own_pictures.read(target, 8)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.png", b"no picture", "a.png is not a JPEG or PNG file"),
        ("notes.txt", b"no record", "holds neither JPEG or PNG files nor TFRecords"),
    ],
)
def test_what_is_not_a_picture_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=message):
        format_pictures.read(16, str(tmp_path))


def test_no_pictures_at_all(tmp_path):
    with pytest.raises(RequestError, match="does not exist"):
        format_pictures.read(16, str(tmp_path / "none"))


def test_companions_are_advised_of_what_their_command_has():
    """`slimhub export` and manifests have no options for a file."""
    own = ConversionRequest("artifact", "a.tflite", "int8")
    companion = companions.request("artifact", "a.int8.tflite", overwrite=False)
    assert "`accept`" in own.how_to_accept_less
    assert "`calibration`" in own.how_to_calibrate
    assert "`trust`" in own.how_to_trust
    advice = (companion.how_to_accept_less, companion.how_to_calibrate, companion.how_to_trust)
    for said in advice:
        assert "`slimhub convert`" in said
        assert said.count("`") == 2  # no options
