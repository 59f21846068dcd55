"""Pictures of many shards in one pipeline."""

import numpy as np
import pytest
import tensorflow as tf

from slimhub.evaluate import image_preparation, picture_batches
from slimhub.evaluate.datasets import dataset, dataset_kinds
from tests.fixtures.digit_data import example, write_records


@pytest.fixture
def pictures(few):
    """Twenty files, of which those from 6 to 11 are damaged."""
    paths = sorted(few.glob("*/*.png"))
    for path in paths[6:12]:
        path.write_bytes(b"\x89PNG and nothing else")
    return paths


@pytest.mark.parametrize("kind", ["files", "records"])
def test_batches_are_those_of_their_shards(pictures, few, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(dataset, "SHARD", 6)
    monkeypatch.setattr("slimhub.evaluate.datasets.record_files.SHARD", 6)
    labels = [int(path.parent.name) for path in pictures]
    data = few
    if kind == "records":
        data = tmp_path / "few.tfrecord"
        files = [path.read_bytes() for path in pictures]
        write_records(data, [*map(example, files, labels)])
    shards = dict(enumerate(dataset_kinds.open_dataset(str(data)).shards))
    wanted = {number: shards[number] for number in (1, 2, 3)}
    found = {}
    for number, batches in picture_batches.read(wanted, 32, "resize", 4):
        found[number] = [(batch.indices.tolist(), batch.labels.tolist()) for batch in batches]
    assert found == {
        1: [],
        2: [([0, 1, 2, 3], labels[12:16]), ([4, 5], labels[16:18])],
        3: [([0, 1], labels[18:])],
    }


def test_a_record_with_a_wrong_checksum_costs_no_other_shard(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("slimhub.evaluate.datasets.record_files.SHARD", 6)
    data = tmp_path / "few.tfrecord"
    write_records(data, [example(path.read_bytes(), 0) for path in pictures])
    shards = dict(enumerate(dataset_kinds.open_dataset(str(data)).shards))
    content = bytearray(data.read_bytes())
    content[shards[1].offset + 20] ^= 1
    data.write_bytes(bytes(content))
    found = {
        number: sum(len(batch.indices) for batch in batches)
        for number, batches in picture_batches.read(shards, 32, "resize", 4)
    }
    assert found == {0: 6, 1: 0, 2: 6, 3: 2}


@pytest.mark.parametrize("sides", [(375, 500), (101, 7), (10, 30), (1, 3)])
def test_the_middle_is_that_of_tensorflow(sides):
    pixels = np.random.RandomState(0).randint(0, 256, (*sides, 3), np.uint8)
    encoded = tf.io.encode_png(pixels)
    floats = tf.image.convert_image_dtype(pixels, tf.float32)
    middle = tf.image.central_crop(floats, image_preparation.CROP)
    expected = tf.compat.v1.image.resize_bilinear(middle[None], [24, 24])[0]
    found = image_preparation.prepare(encoded, 24, "slim")
    assert found.numpy().tobytes() == expected.numpy().tobytes()
