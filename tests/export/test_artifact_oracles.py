"""Artifacts compute what the original TF-Slim code computed."""

import pytest

from tests.fixtures import support


@pytest.mark.usefixtures("freed")
@pytest.mark.parametrize("path", support.oracles().values(), ids=support.oracles())
def test_artifacts_match_the_oracles(artifact, path):
    meta, arrays = support.load_oracle(path)
    batch = support.images(2, meta["size"])
    endpoints = artifact(meta["net"], "classification").load()(batch, return_endpoints=True)
    logits = arrays["logits"].reshape(endpoints["default"].shape)
    assert support.relative_difference(endpoints["default"], logits) < 1e-4
    if "feature" in arrays:
        feature = artifact(meta["net"], "feature_vector").load()(batch).numpy()
        expected = arrays["feature"].reshape(feature.shape)
        assert support.relative_difference(feature, expected) < 1e-4
