"""Pictures that cannot be used: they are counted, named, and cost no more than others."""

import os

import pytest
import tensorflow as tf

from slimhub.common.errors import RequestError
from slimhub.evaluate import EvaluationRequest, evaluation, picture_batches
from slimhub.evaluate.datasets import dataset_kinds


def measured(model, data, preprocessing):
    wanted = EvaluationRequest(
        str(model.folder), str(data), preprocessing=preprocessing, max_bad=0.1
    )
    return evaluation.measure(model, wanted.dataset(), wanted)


def test_a_missing_picture_counts_as_a_damaged_one(model, few):
    (few / "3" / "gone.png").symlink_to(few / "nowhere.png")
    found = measured(model, few, "resize")
    assert (found.record.count, found.record.data.damaged) == (20, 1)
    assert found.totals.damaged == [("3/gone.png", "No such file or directory")]


def test_a_name_that_is_not_utf_8_is_a_name_like_others(few):
    folder = os.fsencode(few / "3")
    os.rename(next(os.scandir(folder)).path, os.path.join(folder, b"\xff.png"))  # noqa: PTH104,PTH118
    dataset = dataset_kinds.open_dataset(str(few))
    shards = dict(enumerate(dataset.shards))
    parts = [list(part) for _, part in picture_batches.read(shards, 32, "resize", 8)]
    assert sum(len(batch.labels) for part in parts for batch in part) == 20


def test_a_file_that_can_be_read_again_is_not_called_damaged(few):
    (shard,) = dataset_kinds.open_dataset(str(few)).shards
    assert "run the command again" in picture_batches.reason(shard, 0, 32, "resize")


def test_pictures_to_train_on_are_not_evaluated_with_others(tmp_path):
    for part in ("train", "validation"):
        (tmp_path / f"flowers_{part}_00000-of-00001.tfrecord").write_bytes(b"")
    message = "has files of the parts validation and train: name one, such as `split=validation`"
    for data in (tmp_path, tmp_path / "flowers_*.tfrecord"):
        with pytest.raises(RequestError, match=message):
            dataset_kinds.open_dataset(str(data))
    with pytest.raises(RequestError, match="no records in"):
        dataset_kinds.open_dataset(str(tmp_path), "train")


def test_no_crop_makes_a_picture_larger_than_any_may_be(model, few):
    narrow = tf.io.encode_png(tf.zeros([1, 200_000, 3], tf.uint8)).numpy()
    (few / "3" / "narrow.png").write_bytes(narrow)
    found = measured(model, few, "center_crop")
    assert found.totals.damaged == [("3/narrow.png", "its sides differ too much for center_crop")]
    assert found.record.count == 20
