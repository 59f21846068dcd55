"""The real ImageNet checkpoint of the reference, against the published model's answers."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from slimhub import export
from slimhub.checkpoints import CheckpointError
from tests.fixtures.support import REFERENCE, needs_reference

pytestmark = needs_reference

NETWORK = "mobilenet_v3_small_075_224"
ARCHIVE = REFERENCE / "real" / "v3-small_224_0.75_float.tgz"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Exports with options, each once."""
    made = {}

    def make(**options):
        key = tuple(options.items())
        if key not in made:
            folder = tmp_path_factory.mktemp("real") / "artifact"
            request = export.Request(NETWORK, str(ARCHIVE), str(folder), **options)
            made[key] = export.export(request)
        return made[key]

    return make


def features(result):
    with np.load(REFERENCE / "real" / "images_and_features.npz") as file:
        images, expected = file["images"], file["feature_vector"]
    module = tf.saved_model.load(str(result.output))
    return module((images / 255).astype(np.float32)).numpy(), expected


def test_features_are_those_of_the_published_model(exported):
    result = exported()
    assert result.record.source.name == "v3-small_224_0.75_float/ema/model-497500"
    actual, expected = features(result)
    # TF Lite's kernels on folded weights: measured 1.8e-5 on features of up to 4.2.
    assert np.abs(actual - expected).max() < 1e-4


def test_raw_values_would_be_seen(exported):
    result = exported(checkpoint_name="pristine", averages="raw")
    actual, expected = features(result)
    assert np.abs(actual - expected).max() > 0.1
    assert result.record.variables.filled == {"raw": 208}


def test_both_ways_of_averages_give_the_same_bytes(exported):
    averaged, shadows = exported(), exported(checkpoint_name="pristine")
    assert shadows.record.variables.filled == {"average": 208}
    files = sorted(path.name for path in Path(averaged.output, "variables").iterdir())
    assert files == ["variables.data-00000-of-00001", "variables.index"]
    for name in files:
        paths = [result.output / "variables" / name for result in (averaged, shadows)]
        assert paths[0].read_bytes() == paths[1].read_bytes(), name


def test_classification_of_a_checkpoint_without_logits_is_refused(tmp_path):
    request = export.Request(NETWORK, str(ARCHIVE), str(tmp_path / "a"), task="classification")
    with pytest.raises(CheckpointError) as caught:
        export.export(request)
    assert "MobilenetV3/Logits/Conv2d_1c_1x1/weights" in str(caught.value)
    assert "export it with `task=feature_vector`" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
