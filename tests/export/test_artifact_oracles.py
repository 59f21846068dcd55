"""Artifacts compute what the original TF-Slim code computed."""

from pathlib import Path

import pytest
from tensorflow.core.protobuf import saved_model_pb2

from slimhub import nets
from slimhub.export.verify import foreign_operations
from tests.fixtures import support


def smallest_of_families() -> dict[str, Path]:
    """Oracles with features, by network: of each small family the one with the fewest variables."""
    found: dict[str, str] = {}
    with_features = [
        name
        for name, path in support.oracles().items()
        if "feature" in support.load_oracle(path)[1] and len(nets.stored_variables(name)) < 300
    ]
    for name in sorted(with_features, key=lambda name: len(nets.stored_variables(name))):
        found.setdefault(nets.get(name).family, name)
    return {name: support.oracles()[name] for name in found.values()}


@pytest.mark.usefixtures("freed")
@pytest.mark.parametrize("path", support.oracles().values(), ids=support.oracles())
def test_artifacts_match_the_oracles(artifact, path):
    meta, arrays = support.load_oracle(path)
    batch = support.images(2, meta["size"])
    made = artifact(meta["net"], "classification")
    endpoints = made.load()(batch, return_endpoints=True)
    logits = arrays["logits"].reshape(endpoints["default"].shape)
    assert support.relative_difference(endpoints["default"], logits) < 1e-4
    check_operations(made)
    if "feature" in arrays:
        feature = endpoints[made.spec.endpoint_key(made.spec.feature_endpoint)].numpy()
        expected = arrays["feature"].reshape(feature.shape)
        assert support.relative_difference(feature, expected) < 1e-4


@pytest.mark.usefixtures("freed")
@pytest.mark.parametrize("path", smallest_of_families().values(), ids=smallest_of_families())
def test_feature_vectors_match_the_oracles(artifact, path):
    """One of each family: what a head adds to a graph is the same for all of its networks."""
    meta, arrays = support.load_oracle(path)
    made = artifact(meta["net"], "feature_vector")
    feature = made.load()(support.images(2, meta["size"])).numpy()
    expected = arrays["feature"].reshape(feature.shape)
    assert support.relative_difference(feature, expected) < 1e-4
    check_operations(made)


def check_operations(made):
    """Anyone can verify any artifact without trust: it holds what slimhub writes, and no more."""
    content = Path(made.path, "saved_model.pb").read_bytes()
    saved_model = saved_model_pb2.SavedModel.FromString(content)
    assert foreign_operations.find(saved_model) == []
