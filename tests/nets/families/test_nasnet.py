"""Networks of cells, written a second time: a state taken for another changes no count of anything.

The definitions here list hidden states as the original code does, by index and by use, and the
operations are TensorFlow's own; nothing is shared with `nets`.
"""

import dataclasses

import pytest
import tensorflow as tf

from slimhub import nets
from tests.fixtures import support

RELATIVE = 1e-4  # other kernels round otherwise: the oracles' bound
EPSILON = 1e-3  # of batch norms; the network for CIFAR has another


@dataclasses.dataclass(frozen=True)
class Search:
    """What a search found: ten operations, ten states they read, seven states used or not."""

    operations: str
    inputs: tuple[int, ...]
    used: tuple[int, ...]


NORMAL = Search(
    "sep5 sep3 sep5 sep3 avg same avg avg sep3 same",
    (0, 1, 1, 1, 0, 1, 1, 1, 0, 0),
    (1, 0, 0, 0, 0, 0, 0),
)
REDUCTION = Search(
    "sep5 sep7 max sep7 avg sep5 same avg sep3 max",
    (0, 1, 0, 1, 0, 1, 3, 2, 2, 0),
    (1, 1, 1, 0, 0, 0, 0),
)
PROGRESSIVE = Search(
    "sep5 max sep7 max sep5 sep3 sep3 max sep3 same",
    (1, 1, 0, 0, 0, 0, 4, 0, 1, 0),
    (1, 1, 0, 0, 0, 0, 0),
)


def weights(name, *shape):
    return support.synthetic_value(name, shape)


def norm(net, scope):
    beta, gamma, mean, variance = (
        weights(f"{scope}/{leaf}", net.shape[-1])
        for leaf in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    return tf.nn.batch_normalization(net, mean, variance, beta, gamma, EPSILON)


def pointwise(net, width, scope, norm_scope, stride=1):
    kernel = weights(f"{scope}/weights", 1, 1, net.shape[-1], width)
    return norm(tf.nn.conv2d(net, kernel, stride, "SAME"), norm_scope)


def separable(net, width, size, stride, scope):
    for number in (1, 2):
        name = f"{scope}/separable_{size}x{size}_{number}"
        depthwise = weights(f"{name}/depthwise_weights", size, size, net.shape[-1], 1)
        strides = [1, stride, stride, 1]
        net = tf.nn.depthwise_conv2d(tf.nn.relu(net), depthwise, strides, "SAME")
        kernel = weights(f"{name}/pointwise_weights", 1, 1, net.shape[-1], width)
        net = norm(tf.nn.conv2d(net, kernel, 1, "SAME"), f"{scope}/bn_sep_{size}x{size}_{number}")
        stride = 1
    return net


def operation(kind, net, width, stride, scope):
    if kind.startswith("sep"):
        return separable(net, width, int(kind[-1]), stride, scope)
    needs_width = net.shape[-1] != width
    if kind == "same":
        net = tf.nn.relu(net) if needs_width or stride == 2 else net
        needs_width |= stride == 2
    else:
        net = {"avg": tf.nn.avg_pool2d, "max": tf.nn.max_pool2d}[kind](net, 3, stride, "SAME")
        stride = 1
    return pointwise(net, width, f"{scope}/1x1", f"{scope}/bn_1", stride) if needs_width else net


def halved(net, width, scope):
    """Even pixels beside odd ones, of which the last are zeros where there are none."""
    odd = tf.pad(net[:, 1:, 1:], [[0, 0], [0, 1], [0, 1], [0, 0]])
    paths = []
    for number, (path, depth) in enumerate([(net, width // 2), (odd, width - width // 2)], 1):
        kernel = weights(f"{scope}/path{number}_conv/weights", 1, 1, net.shape[-1], depth)
        paths.append(tf.nn.conv2d(path[:, ::2, ::2], kernel, 1, "SAME"))
    return norm(tf.concat(paths, 3), f"{scope}/final_path_bn")


def cell(search, net, before, width, scope, stride=1):
    if before is None:
        before = net
    elif before.shape[2] != net.shape[2]:
        before = halved(tf.nn.relu(before), width, scope)
    elif before.shape[3] != width:
        before = pointwise(tf.nn.relu(before), width, f"{scope}/prev_1x1", f"{scope}/prev_bn")
    first = pointwise(tf.nn.relu(net), width, f"{scope}/1x1", f"{scope}/beginning_bn")
    states, kinds = [first, before], search.operations.split()
    for pair in range(5):
        sides = []
        for side, name in enumerate(("left", "right"), 2 * pair):
            source, step = states[search.inputs[side]], stride if search.inputs[side] < 2 else 1
            where = f"{scope}/comb_iter_{pair}/{name}"
            sides.append(operation(kinds[side], source, width, step, where))
        states.append(sides[0] + sides[1])
    outputs = [s for s, used in zip(states, search.used, strict=True) if not used]
    if outputs[0].shape[3] != width:  # only of the first cell for CIFAR, which repeats the stem
        inner = f"{scope}/cell_output/reduction_1"
        outputs[0] = pointwise(outputs[0], width, f"{inner}/path_conv", f"{inner}/path_bn")
    return tf.concat(outputs, 3)


def stem(search, images, width, stem_width):
    kernel = weights("conv0/weights", 3, 3, 3, stem_width)
    net = norm(tf.nn.conv2d(images, kernel, 2, "VALID"), "conv0_bn")
    first = cell(search, net, None, width // 4, "cell_stem_0", 2)
    return first, cell(search, first, net, width // 2, "cell_stem_1", 2)


def nasnet_large(images):
    width = 168
    before, net = stem(REDUCTION, images, width, 96)
    for number in range(18):
        older = before
        if number in (6, 12):
            width *= 2
            scope = f"reduction_cell_{number // 6 - 1}"
            before, net = net, cell(REDUCTION, net, before, width, scope, 2)
        # After a reduction the large network skips what came right before it.
        before, net = net, cell(NORMAL, net, older, width, f"cell_{number}")
    return net


def nasnet_cifar(images):
    kernel = weights("l1_stem_3x3/weights", 3, 3, 3, 96)
    before, net = None, norm(tf.nn.conv2d(images, kernel, 1, "SAME"), "l1_stem_bn")
    width = 32
    for number in range(18):
        if number in (6, 12):
            width *= 2
            scope = f"reduction_cell_{number // 6 - 1}"
            before, net = net, cell(REDUCTION, net, before, width, scope, 2)
        before, net = net, cell(NORMAL, net, before, width, f"cell_{number}")
    return net


def pnasnet(images, width, cells, stem_width):
    before, net = stem(PROGRESSIVE, images, width, stem_width)
    for number in range(cells):
        is_reduction = number in (cells // 3, 2 * cells // 3)
        width *= 1 + is_reduction
        scope = f"cell_{number}"
        before, net = net, cell(PROGRESSIVE, net, before, width, scope, 1 + is_reduction)
    return net


CASES = {  # and the height and width of images
    "nasnet_large": (nasnet_large, 75),
    "pnasnet_large": (lambda images: pnasnet(images, 216, 12, 96), 75),
    "pnasnet_mobile": (lambda images: pnasnet(images, 54, 9, 32), 128),
    "nasnet_cifar": (nasnet_cifar, 16),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_second_writing_gives_the_same_features(name, monkeypatch):
    second, size = CASES[name]
    batch = support.images(2, size)
    scaled = batch * 2 - 1
    if name == "nasnet_cifar":
        scaled = tf.image.per_image_standardization(batch * 255)
        monkeypatch.setattr(f"{__name__}.EPSILON", 1e-5)
    expected = tf.reduce_mean(tf.nn.relu(second(scaled)), [1, 2])
    network = support.SourceNetwork(nets.get(name).customized(image_size=size), None)
    features = network.run(network.feature, batch)
    assert support.relative_difference(features, expected) < RELATIVE
