"""Exports a network that slimhub does not know, trained here for a few steps.

    cd examples && python custom_network.py OUTPUT

Run it in its own folder: the proof imports `custom_network:SPEC` in a process of its own. OUTPUT is
the folder of the artifact to write. A minute at most.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf
import tf_slim as slim

from slimhub import export
from slimhub.nets import NetworkSpec
from slimhub.nets.layers import trunk

_STEPS = 20
_BATCH = 16  # images


def layers(spec, images, endpoints):
    """A convolution and two blocks.

    Args:
      spec: the spec below.
      images: f32[batch, height, width, 3] in [-1, 1].
      endpoints: takes each layer's output by name.

    Returns:
      f32[batch, height / 8, width / 8, 32].
    """
    net = slim.conv2d(images, 16, 3, stride=2, scope="first")
    endpoints["first"] = net
    for number in range(2):
        scope = f"block_{number}"
        net = slim.separable_conv2d(net, 32, 3, depth_multiplier=1, stride=2, scope=scope)
        endpoints[scope] = net
    return net


SPEC = NetworkSpec(
    name="colors",
    scope="Colors",
    layers=layers,
    image_size=32,
    feature_depth=32,
    num_classes=3,
    has_background=False,
    regularized=r"/(pointwise_)?weights$",
)


def train(prefix: Path) -> None:
    """Trains the network to say which color channel is brightest, and writes a checkpoint."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=_BATCH)
    images = rng.uniform(0, 0.5, size=[_BATCH, 32, 32, 3]).astype("float32")
    images[np.arange(_BATCH), :, :, labels] += 0.5
    with tf.Graph().as_default(), tf.Session() as session:
        endpoints = trunk.build_network(
            SPEC,
            SPEC.input_scaling.apply(tf.constant(images)),
            num_classes=SPEC.num_classes,
            is_training=True,
            batch_norm_momentum=0.9,
        )
        loss = tf.losses.sparse_softmax_cross_entropy(labels, endpoints["Logits"])
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
        session.run(tf.global_variables_initializer())
        for _ in range(_STEPS):
            value, _ = session.run([loss, step])
        print(f"loss after {_STEPS} steps: {value:.3f}")
        tf.train.Saver().save(session, str(prefix), _STEPS)


def main(output: str) -> None:
    """Trains, exports and proves.

    Args:
      output: folder to write.
    """
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder, "model.ckpt"))
        request = export.Request("custom_network:SPEC", folder, output, task="classification")
        result = export.export(request)
    print(f"{result.output}: {result.proof.summary()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
