"""`--drop_background`: class 0 leaves logits and labels together."""

import numpy as np
import pytest
import tensorflow as tf

from slimhub import export, nets
from tests.fixtures import support

NETWORK = "mobilenet_v1_025_128"


def export_one(synthetic_checkpoint, folder, **options):
    request = export.Request(
        NETWORK, str(synthetic_checkpoint(NETWORK)), str(folder), drop_background=True, **options
    )
    return export.export(request)


def test_logits_and_labels_lose_the_same_class(artifact, synthetic_checkpoint, tmp_path):
    result = export_one(synthetic_checkpoint, tmp_path / "a", task="classification")
    whole = artifact(NETWORK, "classification").load()
    loaded = tf.saved_model.load(str(tmp_path / "a"))
    batch = support.images(2, 128)
    assert np.array_equal(loaded(batch), whole(batch)[:, 1:])
    endpoints = loaded(batch, return_endpoints=True)
    assert endpoints["MobilenetV1/Logits"].shape[-1] == 1001
    names = tf.io.gfile.GFile(loaded.labels.asset_path.numpy().decode()).read().splitlines()
    all_names = tf.io.gfile.GFile(whole.labels.asset_path.numpy().decode()).read().splitlines()
    assert names == all_names[1:]
    assert len(names) == 1000
    assert result.record.output.width == result.record.labels.count == 1000
    assert result.proof.holds


@pytest.mark.parametrize("count", [1000, 1001])
def test_labels_of_ones_own_may_name_the_background(tmp_path, count):
    from slimhub.export import labels

    path = tmp_path / "labels.txt"
    path.write_text("".join(f"class {number}\n" for number in range(1001)))
    lines = path.read_text().splitlines()[1001 - count :]
    path.write_text("\n".join(lines) + "\n")
    spec = nets.get(NETWORK).customized(drop_background=True)
    found = labels.choose(path, "classification", spec)
    assert (len(found.names), found.names[0]) == (1000, "class 1")


def test_a_background_that_was_not_there_has_no_built_in_labels():
    from slimhub.export import labels

    # 1000 classes of one's own, the first of them background: not ImageNet's 1000.
    spec = nets.get("vgg_16").customized(num_classes=1000, drop_background=True)
    assert spec.output_width("classification") == 999
    assert labels.choose(None, "classification", spec) is None


def test_without_a_background_there_is_none_to_drop():
    with pytest.raises(nets.NetworkError, match="vgg_16 has no background class to drop"):
        nets.get("vgg_16").customized(drop_background=True)
    spec = nets.get(NETWORK).customized(drop_background=True, num_classes=6)
    assert (spec.has_background, spec.output_width("classification")) == (True, 5)
    with pytest.raises(nets.NetworkError, match="`num_classes` must be between 2"):
        nets.get(NETWORK).customized(drop_background=True, num_classes=1)
    with pytest.raises(export.RequestError, match="`drop_background` needs `task=classification`"):
        export.Request(NETWORK, "checkpoint", "output", drop_background=True).spec()
