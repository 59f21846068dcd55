"""Training against the tables of the original code: most of those networks have no oracle."""

import functools
import gzip
import json
import re

import pytest
import tensorflow.compat.v1 as tf

from scripts.sweep import of_one_size
from slimhub import nets
from slimhub.nets.layers import trunk
from slimhub.nets.layers.plain_variables import plain_variables
from tests.fixtures import support

AUXILIARY_UPDATES = 4  # two batch norms in the original's auxiliary head, each of two statistics


@functools.cache
def tables():
    path = support.REFERENCE / "variables.json.gz"
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}


def without_oracle():
    return sorted((set(of_one_size()) & set(tables())) - set(support.oracles()))


@support.needs_reference
def test_as_many_variables_are_regularized_as_in_the_original():
    assert len(tables()) == 46
    for name, table in tables().items():
        spec = nets.get(name)
        # The auxiliary head's as well, which the original's count has.
        regularized = [v for v, _ in table["variables"] if spec.is_regularized(v)]
        assert len(regularized) == table["regularization_losses"], name
        assert set(regularized) <= set(table["trainable"]), name


@pytest.mark.slow
@support.needs_reference
@pytest.mark.parametrize("name", without_oracle())
def test_the_original_trains_and_updates_the_same(name):
    spec, table = nets.get(name), tables()[name]
    graph = training_graph(spec)
    auxiliary = re.compile(spec.auxiliary or "$^")
    trainable = {v.op.name for v in graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)}
    assert trainable == {v for v in table["trainable"] if not auxiliary.search(v)}
    updates = graph.get_collection(tf.GraphKeys.UPDATE_OPS)
    assert len(updates) == table["update_ops"] - AUXILIARY_UPDATES * (spec.auxiliary is not None)


def training_graph(spec):
    """In training mode, for the smallest images."""
    size = spec.smallest_image
    with tf.Graph().as_default() as graph, plain_variables():
        images = tf.placeholder(tf.float32, [None, size, size, 3])
        options = {"num_classes": spec.num_classes, "batch_norm_momentum": 0.9}
        trunk.build_network(spec, images, is_training=True, **options)
    return graph
