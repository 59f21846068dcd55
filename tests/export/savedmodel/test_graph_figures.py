"""Figures that an export counts on its own graph."""

import dataclasses

import pytest

from scripts import store_networks
from slimhub import nets
from slimhub.export.savedmodel import graph_figures, graphs
from tests.nets.catalogue.test_stored import operations_by_type

SPEC = nets.get("mobilenet_v1_025_128").customized(image_size=64, num_classes=7)


@pytest.mark.parametrize("is_free", [True, False])
def test_figures_are_those_of_the_network_at_its_size(is_free):
    spec = dataclasses.replace(SPEC, size_is_free=is_free)
    found = graph_figures.measure(spec, "classification", graphs.build(spec, "classification"))
    graph, endpoints = store_networks.build(spec)
    shapes = store_networks.endpoint_shapes(endpoints)
    assert {name: list(shape) for name, shape in found.endpoints.items()} == {
        spec.endpoint_key(name): shape for name, shape in shapes.items()
    }
    operations = operations_by_type(graph)
    # TensorFlow counts a multiplication and an addition as two.
    counted = sum(operations[kind] for kind in ("Conv2D", "DepthwiseConv2dNative")) / 2
    assert found.macs == counted
