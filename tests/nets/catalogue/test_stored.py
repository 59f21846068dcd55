"""What is stored of the networks, against the networks that it was taken from."""

import gzip
import json
import re

import pytest
import tensorflow.compat.v1 as tf

from scripts import store_networks
from slimhub import nets
from slimhub.export.savedmodel import graph_figures
from slimhub.nets.catalogue import stored
from tests.fixtures import support

V3_MACS = {  # published multiply-adds, millions
    "mobilenet_v3_large_100_224": 216.6,
    "mobilenet_v3_large_075_224": 154.6,
    "mobilenet_v3_large_minimalistic_100_224": 209.1,
    "mobilenet_v3_small_100_224": 56.5,
    "mobilenet_v3_small_075_224": 43.4,
    "mobilenet_v3_small_minimalistic_100_224": 52.3,
}


# They differ from xception_71 in how many blocks they have: tests/nets/families/test_xception.py.
SHALLOWER = ("xception_41", "xception_65")


@pytest.fixture(scope="module", params=[n for n in nets.names() if n not in SHALLOWER])
def built(request):
    """A network's name, its graph and its endpoints: built once for all tests of this module."""
    return request.param, *store_networks.build(nets.get(request.param))


def test_stored_variables_are_those_of_the_built_network(built):
    name, graph, _ = built
    shapes = store_networks.variable_shapes(graph)
    assert stored.variables(name) == {key: tuple(shape) for key, shape in shapes.items()}


def test_stored_endpoints_are_those_of_the_built_network(built):
    name, _, endpoints = built
    shapes = store_networks.endpoint_shapes(endpoints)
    expected = [(key, tuple(shape)) for key, shape in shapes.items()]
    assert list(stored.endpoint_shapes(name).items()) == expected


def test_stored_endpoints_are_those_of_the_spec():
    for name in nets.names():
        spec, shapes = nets.get(name), stored.endpoint_shapes(name)
        flat = () if spec.features_are_flat else (1, 1)
        assert shapes[spec.feature_endpoint] == (*flat, spec.feature_depth), name
        flat = () if spec.logits_are_flat else (1, 1)
        assert shapes[spec.logits_endpoint] == (*flat, spec.num_classes), name


def test_stored_macs_are_those_of_the_built_network(built):
    name, graph, _ = built
    assert nets.count_macs(name) == graph_figures.count_macs(graph)


def test_tensorflow_counts_the_same(built):
    name, graph, _ = built
    operations = operations_by_type(graph)
    # Whatever else may multiply by weights is in here, so that it is missed nowhere.
    products = [n for kind, n in operations.items() if re.search("Conv|MatMul|Einsum", kind)]
    # TensorFlow's registry counts a multiplication and an addition as two.
    assert sum(products) == 2 * nets.count_macs(name)


def operations_by_type(graph):
    """Floating-point operations of a graph, as TensorFlow's profiler counts them."""
    options = tf.profiler.ProfileOptionBuilder.float_operation() | {"output": "none"}
    node = tf.profiler.profile(graph, cmd="op", options=options)
    operations = {}
    while node.children:  # a chain, one type of operation after another
        (node,) = node.children
        operations[node.name] = node.float_ops
    return operations


@pytest.mark.parametrize("name", V3_MACS)
def test_macs_are_the_published_ones(name):
    assert nets.get(name).published.macs == V3_MACS[name]
    assert round(nets.count_macs(name) / 1e6, 1) == V3_MACS[name]


@pytest.mark.parametrize(("multiplier", "millions"), [("100", 990), ("075", 624)])
def test_macs_of_edgetpu_are_the_published_ones(multiplier, millions):
    name = f"mobilenet_edgetpu_{multiplier}_224"
    assert nets.get(name).published.macs == millions
    assert nets.count_macs(name) // 10**6 == millions  # published without a fraction


@support.needs_reference
def test_stored_endpoints_are_those_of_the_original():
    tables = json.loads(gzip.decompress((support.REFERENCE / "variables.json.gz").read_bytes()))
    for name in sorted(set(tables) & set(nets.names())):
        spec, shapes = nets.get(name), stored.endpoint_shapes(name)
        for endpoint, shape in tables[name]["endpoints"].items():
            if endpoint != "AuxLogits":  # of training alone
                assert list(shapes[endpoint.removeprefix(f"{spec.scope}/")]) == shape, name
