"""Every registered network against outputs of the original TF-Slim code."""

import numpy as np
import pytest
import tensorflow as tf

import nets
from nets import inverted_residuals
from tests import support

# Bounds of the reference: relative to the largest magnitude, for other kernels and other orders
# of summation than TensorFlow 1.15's; batch statistics of two pictures amplify rounding.
INFERENCE, TRAINING, STATISTICS = 1e-4, 2e-3, 5e-4


@pytest.fixture(scope="module", params=sorted(support.oracles()))
def case(request):
    spec = nets.get(request.param)
    meta, arrays = support.load_oracle(support.oracles()[request.param])
    return spec, meta, arrays


def test_inference_is_that_of_the_original(case):
    spec, meta, arrays = case
    network = support.SourceNetwork(spec, spec.num_classes)
    assert {n: v.shape.as_list() for n, v in network.variables.items()} == dict(meta["variables"])
    assert network.trainable == set(meta["trainable"])
    shapes = {name: tensor.shape.as_list()[1:] for name, tensor in network.endpoints.items()}
    assert shapes == meta["endpoints"]

    fetches = {"feature": network.feature, "logits": network.endpoints["Logits"]}
    with network.graph.as_default():
        for name, tensor in network.endpoints.items():
            if tensor.shape.rank == 4:
                fetches[f"ep_mean/{name}"] = tf.reduce_mean(tensor, [1, 2])
    values = network.run(fetches, support.images(2, spec.image_size))
    compared = [key for key in arrays if key in values]
    assert len(compared) == 2 + sum(key.startswith("ep_mean/") for key in arrays)
    differences = {key: support.relative_difference(values[key], arrays[key]) for key in compared}
    assert {key: d for key, d in differences.items() if not d < INFERENCE} == {}


def test_training_is_that_of_the_original(case):
    spec, meta, arrays = case
    network = support.SourceNetwork(spec, spec.num_classes, is_training=True, momentum=0.9)
    assert len(network.updates) == meta["update_ops"]
    feature, _ = network.run([network.feature, network.updates], support.images(2, spec.image_size))
    assert support.relative_difference(feature, arrays["feature_training"]) < TRAINING
    updated = {key.removeprefix("updated/"): v for key, v in arrays.items() if "updated/" in key}
    assert len(updated) == 4
    for name, expected in updated.items():
        actual = network.session.run(network.variables[name])
        assert support.relative_difference(actual, expected) < STATISTICS, name


def test_regularization_covers_the_same_variables(case):
    spec, meta, _ = case
    shapes = {name: tuple(shape) for name, shape in meta["variables"]}
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
    slim_swish = dict(inverted_residuals._ACTIVATIONS)
    slim_swish["hard_swish"] = lambda x: x * tf.nn.relu6(x + 3.0)
    monkeypatch.setattr(inverted_residuals, "_ACTIVATIONS", slim_swish)


def no_squeeze_excite(monkeypatch):
    squeeze_excite = inverted_residuals._squeeze_excite

    def bypassed(net):
        squeeze_excite(net)  # its variables are there all the same
        return net

    monkeypatch.setattr(inverted_residuals, "_squeeze_excite", bypassed)


@pytest.mark.parametrize("plant", [wrong_epsilon, no_sixth, no_squeeze_excite])
def test_a_fault_in_a_network_is_found(monkeypatch, plant):
    plant(monkeypatch)
    name = "mobilenet_v3_small_075_224"
    meta, arrays = support.load_oracle(support.oracles()[name])
    with pytest.raises(AssertionError):
        test_inference_is_that_of_the_original((nets.get(name), meta, arrays))
