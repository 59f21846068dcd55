"""The artifact computes what the source network computes, to the last bit."""

import numpy as np
import pytest

from tests.fixtures import support

CASES = [
    ("mobilenet_v3_small_075_224", "feature_vector"),
    ("mobilenet_v3_small_075_224", "classification"),
    ("mobilenet_v3_large_100_224", "feature_vector"),
    ("mobilenet_v3_small_minimalistic_100_224", "feature_vector"),
    ("mobilenet_edgetpu_075_224", "classification"),
    ("mobilenet_v2_035_96", "classification"),
    ("mobilenet_v1_025_128", "feature_vector"),
]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request, artifact):
    made = artifact(*request.param)
    return made, made.load()


def output_of(network, task):
    if task == "feature_vector":
        return network.feature
    return network.endpoints[network.spec.logits_endpoint]


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_inference_is_the_sources(case, batch_size):
    made, loaded = case
    source = support.inference_network(made.spec, made.num_classes)
    batch = support.images(batch_size, made.spec.image_size, seed=batch_size)
    expected = source.run(output_of(source, made.task), batch)
    # The same kernels in the same order: no tolerance.
    assert np.abs(expected - loaded(batch).numpy()).max() == 0


def test_every_endpoint_is_the_sources(case):
    made, loaded = case
    source = support.inference_network(made.spec, made.num_classes)
    batch = support.images(2, made.spec.image_size)
    expected = source.run(source.endpoints, batch)
    endpoints = loaded(batch, return_endpoints=True)
    for name, value in expected.items():
        assert (endpoints[f"{made.spec.scope}/{name}"].numpy() == value).all(), name


def test_training_is_the_sources(case):
    made, loaded = case
    source = support.SourceNetwork(made.spec, made.num_classes, is_training=True, momentum=0.9)
    batch = support.images(2, made.spec.image_size)
    expected, _ = source.run([source.feature, source.updates], batch)
    endpoints = loaded(batch, training=True, return_endpoints=True, batch_norm_momentum=0.9)
    feature = endpoints[f"{made.spec.scope}/{made.spec.feature_endpoint}"].numpy()[:, 0, 0]
    assert (feature == expected).all()
    updated = source.session.run(source.variables)
    for variable in loaded.variables:
        name = variable.name.removesuffix(":0")
        # The factor 1 - m is taken in float32 here and, in the source, in Python's float64.
        np.testing.assert_allclose(variable.numpy(), updated[name], rtol=1e-6, atol=1e-7)


def test_a_free_size_artifact_takes_other_sizes(artifact):
    made = artifact("mobilenet_v1_025_128")
    loaded = made.load()
    for size in (96, 160, 224):
        source = support.SourceNetwork(made.spec.customized(image_size=size), None)
        batch = support.images(2, size)
        assert (loaded(batch).numpy() == source.run(source.feature, batch)).all(), size
    # Taller than wide.
    assert loaded(support.images(1, 160)[:, :, :128]).shape == (1, 256)
