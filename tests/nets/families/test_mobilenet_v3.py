"""What is particular to MobileNet V3 and EdgeTPU."""

import numpy as np
import pytest

from slimhub import nets
from slimhub.nets.families.inverted_residual_layers import hard_swish
from slimhub.nets.layers.rounding import round8
from tests.fixtures import support


@pytest.mark.parametrize(
    ("width", "rounded"),
    [(1, 8), (8, 8), (11, 16), (12, 16), (18, 24), (24, 24), (29, 32), (88, 88)],
)
def test_widths_round_to_eights_but_never_far_below(width, rounded):
    assert round8(width) == rounded
    assert rounded >= 0.9 * width


def test_hard_swish_is_that_of_the_paper():
    x = np.linspace(-5, 5, 101, dtype=np.float32)
    expected = x * np.clip(x + 3, 0, 6) / 6
    np.testing.assert_allclose(hard_swish(x), expected, atol=1e-6)


def test_dropout_acts_on_logits_in_training_only():
    spec = nets.get("mobilenet_v3_small_075_224").customized(image_size=64, num_classes=5)
    batch = support.images(2, 64)
    training = support.SourceNetwork(spec, 5, is_training=True)
    outputs = [training.feature, training.endpoints["Logits"]]
    (first, logits), (second, other_logits) = (training.run(outputs, batch) for _ in range(2))
    assert (first == second).all()
    assert (logits != other_logits).any()
    inference = support.SourceNetwork(spec, 5)
    logits, again = (inference.run(inference.endpoints["Logits"], batch) for _ in range(2))
    assert (logits == again).all()


# At 0.25 the stem is as wide as block 0, and block 0's input is added; that of block 13, the first
# of the second stage of width 96, never is.
@pytest.mark.parametrize(
    ("multiplier", "without"),
    [(1.0, {0, 1, 5, 9, 13, 17, 21}), (0.25, {1, 5, 9, 13, 17, 21})],
)
def test_edgetpu_adds_inputs_of_the_same_width(multiplier, without):
    spec = nets.get("mobilenet_edgetpu_100_224")
    spec = spec.customized(image_size=32, depth_multiplier=multiplier)
    network = support.SourceNetwork(spec, None)
    sums = [
        op.name
        for op in network.graph.get_operations()
        if op.type == "AddV2" and "Initializer" not in op.name
    ]
    blocks = {name.split("/")[1] for name in sums if "expanded_conv" in name}
    names = ["expanded_conv", *(f"expanded_conv_{i}" for i in range(1, 22))]
    assert blocks == {name for i, name in enumerate(names) if i not in without}
