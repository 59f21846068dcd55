"""Pictures that cannot be used: they are counted, named, and cost no more than others."""

import tensorflow as tf

from slimhub.evaluate import EvaluationRequest, evaluation


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


def test_no_crop_makes_a_picture_larger_than_any_may_be(model, few):
    narrow = tf.io.encode_png(tf.zeros([1, 200_000, 3], tf.uint8)).numpy()
    (few / "3" / "narrow.png").write_bytes(narrow)
    found = measured(model, few, "center_crop")
    assert found.totals.damaged == [("3/narrow.png", "its sides differ too much for center_crop")]
    assert found.record.count == 20
