"""Inception-ResNet V1, written a second time with TensorFlow's own operations."""

import numpy as np
import pytest
import tensorflow as tf

from slimhub import nets
from slimhub.export import trained_options
from slimhub.nets import NetworkOptions
from tests.fixtures import support

pytestmark = pytest.mark.usefixtures("freed")
SCOPE = "InceptionResnetV1"
SIZE = 80
RELATIVE = 1e-5


def value(name, *shape):
    return support.synthetic_value(f"{SCOPE}/{name}", shape)


def norm(net, scope):
    beta, mean, variance = (
        value(f"{scope}/BatchNorm/{leaf}", net.shape[-1])
        for leaf in ("beta", "moving_mean", "moving_variance")
    )
    return tf.nn.batch_normalization(net, mean, variance, beta, None, 0.001)


def conv(net, scope, width, height=1, across=None, step=1, padding="SAME"):
    kernel = value(f"{scope}/weights", height, across or height, net.shape[-1], width)
    return tf.nn.relu(norm(tf.nn.conv2d(net, kernel, step, padding), scope))


def pool(net):
    return tf.nn.max_pool2d(net, 3, 2, "VALID")


def added(net, scope, branches, scale):
    width = net.shape[-1]
    kernel = value(f"{scope}/Conv2d_1x1/weights", 1, 1, sum(b.shape[-1] for b in branches), width)
    up = tf.nn.conv2d(tf.concat(branches, 3), kernel, 1, "SAME")
    return net + scale * (up + value(f"{scope}/Conv2d_1x1/biases", width))


def block_35(net, scope):
    a = conv(net, f"{scope}/Branch_0/Conv2d_1x1", 32)
    b = conv(net, f"{scope}/Branch_1/Conv2d_0a_1x1", 32)
    c = conv(net, f"{scope}/Branch_2/Conv2d_0a_1x1", 32)
    b = conv(b, f"{scope}/Branch_1/Conv2d_0b_3x3", 32, 3)
    c = conv(c, f"{scope}/Branch_2/Conv2d_0b_3x3", 32, 3)
    c = conv(c, f"{scope}/Branch_2/Conv2d_0c_3x3", 32, 3)
    return added(net, scope, [a, b, c], 0.17)


def split(net, scope, width, length, scale):
    """Blocks B and C: a row and a column of weights in place of a square."""
    a = conv(net, f"{scope}/Branch_0/Conv2d_1x1", width)
    b = conv(net, f"{scope}/Branch_1/Conv2d_0a_1x1", width)
    b = conv(b, f"{scope}/Branch_1/Conv2d_0b_1x{length}", width, 1, length)
    b = conv(b, f"{scope}/Branch_1/Conv2d_0c_{length}x1", width, length, 1)
    return added(net, scope, [a, b], scale)


def halved(net, scope, *branches):
    """Branches of `(width of 1x1, width of 3x3 or none, width of the strided 3x3)`."""
    outputs = []
    for number, (first, middle, last) in enumerate(branches):
        inner, branch = f"{scope}/Branch_{number}", net
        if first:
            branch = conv(branch, f"{inner}/Conv2d_0a_1x1", first)
        if middle:
            branch = conv(branch, f"{inner}/Conv2d_0b_3x3", middle, 3)
        outputs.append(conv(branch, f"{inner}/Conv2d_1a_3x3", last, 3, 3, 2, "VALID"))
    return tf.concat([*outputs, pool(net)], 3)


def second(images, width):
    net = conv(images, "Conv2d_1a_3x3", 32, 3, 3, 2, "VALID")
    net = conv(net, "Conv2d_2a_3x3", 32, 3, padding="VALID")
    net = pool(conv(net, "Conv2d_2b_3x3", 64, 3))
    net = conv(conv(net, "Conv2d_3b_1x1", 80), "Conv2d_4a_3x3", 192, 3, padding="VALID")
    net = conv(net, "Conv2d_4b_3x3", 256, 3, 3, 2, "VALID")
    for number in range(1, 6):
        net = tf.nn.relu(block_35(net, f"Repeat/block35_{number}"))
    net = halved(net, "Mixed_6a", (None, None, 384), (192, 192, 256))
    for number in range(1, 11):
        net = tf.nn.relu(split(net, f"Repeat_1/block17_{number}", 128, 7, 0.1))
    net = halved(net, "Mixed_7a", (256, None, 384), (256, None, 256), (256, 256, 256))
    for number in range(1, 6):
        net = tf.nn.relu(split(net, f"Repeat_2/block8_{number}", 192, 3, 0.2))
    net = tf.reduce_mean(split(net, "Block8", 192, 3, 1.0), [1, 2])
    return norm(net @ value("Bottleneck/weights", net.shape[-1], width), "Bottleneck")


def test_a_second_writing_gives_the_same_embedding():
    spec = nets.get("inception_resnet_v1").customized(image_size=SIZE, feature_depth=128)
    batch = support.images(2, SIZE)
    expected = second((batch * 255 - 127.5) / 128, 128).numpy()
    network = support.SourceNetwork(spec, 10)
    found, embeddings, logits = network.run(
        [network.feature, network.endpoints["embeddings"], network.endpoints["Logits"]], batch
    )
    assert support.relative_difference(found, expected) < RELATIVE
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    assert support.relative_difference(embeddings, expected / lengths) < RELATIVE
    kernel = support.synthetic_value("Logits/weights", (128, 10))
    assert (
        support.relative_difference(
            logits, expected @ kernel + support.synthetic_value("Logits/biases", (10,))
        )
        < RELATIVE
    )


def test_it_is_as_large_as_published():
    # 22,779,312 with an embedding of 128, in the summaries that Keras prints of its conversions.
    counts = nets.count_parameters("inception_resnet_v1")
    assert counts["headless"] - (512 - 128) * (1792 + 1) == 22_779_312
    # Open Model Zoo gives 23.469 million and 2.846 GFlops for facenet-20180408-102900, an embedding
    # of 512 of 160 x 160 pixels: a multiplication and an addition count as two there.
    assert counts["headless"] == pytest.approx(23.469e6, rel=1e-4)
    spec = nets.get("inception_resnet_v1")
    head = spec.feature_depth * spec.num_classes
    macs = nets.count_macs("inception_resnet_v1") - head
    assert 2 * macs == pytest.approx(2.846e9, rel=0.005)


def test_the_width_of_an_embedding_is_found():
    shapes = {
        name: tuple(128 if size == 512 and "Bottleneck" in name else size for size in shape)
        for name, shape in nets.stored_variables("inception_resnet_v1").items()
        if name.startswith(SCOPE)
    }
    fits, options = trained_options.work_out(shapes, NetworkOptions())
    assert [fit.network for fit in fits] == ["inception_resnet_v1"]
    assert options == NetworkOptions(feature_depth=128)
