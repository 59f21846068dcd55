"""Every registered network against outputs of the original TF-Slim code."""

import re

import numpy as np
import pytest
import tensorflow as tf

from slimhub import nets
from slimhub.nets.families import inverted_residual_layers
from tests.fixtures import support

pytestmark = pytest.mark.usefixtures("freed")

# Bounds of the reference: relative to the largest magnitude, for other kernels and other orders
# of summation than TensorFlow 1.15's; batch statistics of two pictures amplify rounding.
INFERENCE, TRAINING, STATISTICS = 1e-4, 2e-3, 5e-4
# Updates of an auxiliary head of which the oracle lists no variables.
UNLISTED = {"nasnet_mobile": 4}


@pytest.fixture(scope="module", params=sorted(support.oracles()))
def case(request):
    spec = nets.get(request.param)
    meta, arrays = support.load_oracle(support.oracles()[request.param])
    return spec, meta, arrays


def test_inference_is_that_of_the_original(case):
    spec, meta, arrays = case
    network = support.SourceNetwork(spec, spec.num_classes, use_resource=False)
    variables = {name: shape for name, shape in meta["variables"] if not is_auxiliary(spec, name)}
    assert {n: v.shape.as_list() for n, v in network.variables.items()} == variables
    assert network.trainable == set(meta["trainable"]) & set(variables)
    shapes = {name: tensor.shape.as_list()[1:] for name, tensor in network.endpoints.items()}
    expected = {inner(spec, name): shape for name, shape in meta["endpoints"].items()}
    # Where the original's pooled features have no name of their own, they have one here.
    features = {spec.feature_endpoint: [1, 1, spec.feature_depth]}
    without_auxiliary = {n: s for n, s in expected.items() if n != "AuxLogits"}
    assert shapes == features | without_auxiliary

    fetches = {"logits": network.endpoints[spec.logits_endpoint], "feature": network.feature}
    with network.graph.as_default():
        for name, tensor in network.endpoints.items():
            if tensor.shape.rank == 4:
                fetches[f"ep_mean/{name}"] = tf.reduce_mean(tensor, [1, 2])
    values = network.run(fetches, support.images(2, spec.image_size))
    arrays = {
        f"ep_mean/{inner(spec, key.removeprefix('ep_mean/'))}" if "ep_mean/" in key else key: value
        for key, value in arrays.items()
        if key in fetches or "ep_mean/" in key
    }
    differences = {
        # The original's last layers have height and width, both 1, or not.
        key: support.relative_difference(values[key].reshape(expected.shape), expected)
        for key, expected in arrays.items()
    }
    assert {key: d for key, d in differences.items() if not d < INFERENCE} == {}


def is_auxiliary(spec, variable):
    """Whether it belongs to a head that only the original training had."""
    return spec.auxiliary is not None and re.search(spec.auxiliary, variable) is not None


def inner(spec, endpoint):
    """An endpoint's name without the scope, which some of the originals have in front."""
    return endpoint.removeprefix(f"{spec.scope}/")


def test_training_is_that_of_the_original(case):
    spec, meta, arrays = case
    network = support.SourceNetwork(
        spec, spec.num_classes, is_training=True, momentum=0.9, use_resource=False
    )
    moving = [name for name, _ in meta["variables"] if "/moving_" in name]
    assert len(moving) + UNLISTED.get(spec.name, 0) == meta["update_ops"]
    assert len(network.updates) == sum(not is_auxiliary(spec, name) for name in moving)
    feature, _ = network.run([network.feature, network.updates], support.images(2, spec.image_size))
    if "feature_training" in arrays:
        expected = arrays["feature_training"].reshape(feature.shape)
        if spec.dropout_endpoint is not None:  # the oracle's feature is what dropout left
            kept = expected != 0
            assert 0.7 < kept.mean() < 0.9
            feature, expected = feature[kept], expected[kept] * spec.dropout_keep
        assert support.relative_difference(feature, expected) < TRAINING
    updated = {key.removeprefix("updated/"): v for key, v in arrays.items() if "updated/" in key}
    assert len(updated) == (4 if moving else 0)
    updated = {name: v for name, v in updated.items() if not is_auxiliary(spec, name)}
    for name, expected in updated.items():
        actual = network.session.run(network.variables[name])
        assert support.relative_difference(actual, expected) < STATISTICS, name


def test_regularization_covers_the_same_variables(case):
    spec, meta, _ = case
    shapes = {name: tuple(shape) for name, shape in meta["variables"]}
    # The auxiliary head's as well, of which the oracle's sum has the losses.
    regularized = [name for name in shapes if spec.is_regularized(name)]
    assert len(regularized) == meta["regularization_losses"]
    values = (support.synthetic_value(name, shapes[name]) for name in regularized)
    squares = sum(np.sum(np.square(value, dtype=np.float64)) for value in values)
    # The oracle's sum was taken in float32.
    assert spec.weight_decay * squares / 2 == pytest.approx(meta["reg_loss"], rel=1e-5)


# A fault here is in the artifact and in its source alike, so that no proof could see it: the
# oracles have to.


def wrong_epsilon(monkeypatch):
    normalize = tf.compat.v1.nn.fused_batch_norm

    def with_other_epsilon(*arguments, **options):
        return normalize(*arguments, **options | {"epsilon": 1e-5})

    monkeypatch.setattr(tf.compat.v1.nn, "fused_batch_norm", with_other_epsilon)


def no_sixth(monkeypatch):
    slim_swish = dict(inverted_residual_layers._ACTIVATIONS)
    slim_swish["hard_swish"] = lambda x: x * tf.nn.relu6(x + 3.0)
    monkeypatch.setattr(inverted_residual_layers, "_ACTIVATIONS", slim_swish)


def no_squeeze_excite(monkeypatch):
    squeeze_excite = inverted_residual_layers._squeeze_excite

    def bypassed(net):
        squeeze_excite(net)  # its variables are there all the same
        return net

    monkeypatch.setattr(inverted_residual_layers, "_squeeze_excite", bypassed)


@pytest.mark.parametrize("plant", [wrong_epsilon, no_sixth, no_squeeze_excite])
def test_a_fault_in_a_network_is_found(monkeypatch, plant):
    plant(monkeypatch)
    name = "mobilenet_v3_small_075_224"
    meta, arrays = support.load_oracle(support.oracles()[name])
    with pytest.raises(AssertionError):
        test_inference_is_that_of_the_original((nets.get(name), meta, arrays))
