"""Networks that TF-Slim's package has as well: its own and ours, on the same variables."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
import tf_slim as slim
from tf_slim.nets import alexnet, overfeat, vgg

from slimhub import nets
from slimhub.nets.layers import trunk
from tests.fixtures import support

pytestmark = pytest.mark.usefixtures("freed")
RELATIVE = 1e-5
ORIGINALS = {
    "alexnet_v2": (alexnet.alexnet_v2, alexnet.alexnet_v2_arg_scope),
    "overfeat": (overfeat.overfeat, overfeat.overfeat_arg_scope),
    "vgg_a": (vgg.vgg_a, vgg.vgg_arg_scope),
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_original_computes_the_same(name):
    spec = nets.get(name)
    build, arg_scope = ORIGINALS[name]
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        shape = [1, spec.image_size, spec.image_size, 3]
        images = tf.placeholder(tf.float32, shape)
        with slim.arg_scope(arg_scope()):
            _, endpoints = build(images, is_training=False)
        variables = {v.op.name: tuple(v.shape) for v in tf.global_variables()}
        losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
        with tf.variable_scope("", reuse=True):  # fails for a variable that is not there
            own = trunk.build_network(
                spec, images, num_classes=1000, is_training=False, batch_norm_momentum=0.0
            )
        assert variables == nets.stored_variables(name)
        assert len(losses) == sum(map(spec.is_regularized, variables))
        theirs = {key.removeprefix(f"{name}/"): tensor for key, tensor in endpoints.items()}
        assert list(own) == [*list(theirs)[:-1], "global_pool", "fc8"]
        session.run(tf.global_variables_initializer())
        batch = np.random.RandomState(0).uniform(-1, 1, shape)
        found, expected, loss = session.run(
            [{key: own[key] for key in theirs}, theirs, tf.add_n(losses)], {images: batch}
        )
        squares = session.run(tf.add_n([tf.nn.l2_loss(v) for v in tf.global_variables()[::2]]))
    for key, value in expected.items():
        assert support.relative_difference(found[key], value) < RELATIVE, key
    assert loss == pytest.approx(spec.weight_decay * squares, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "parameters", "macs"),
    [
        ("vgg_a", 133, None),  # the paper's table 2
        ("overfeat", 145, 2_810),  # its table 4, of a network with 96 in place of 64 first filters
    ],
)
def test_they_are_as_large_as_the_papers_say(name, parameters, macs):
    assert nets.count_parameters(name)["trainable"] / 1e6 == pytest.approx(parameters, rel=0.01)
    assert macs is None or nets.count_macs(name) / 1e6 == pytest.approx(macs, rel=0.06)
