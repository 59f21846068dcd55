"""Trains the sample checkpoint in this repository, like a TF-Slim user would.

A small MobileNet V3 learns handwritten digits, with moving averages of all variables. Run it from
the repository, after installing with the extra `test`:

    python -m scripts.train_digits --output=samples

It takes about four minutes on two cores, writes `digits_mobilenet_v3.tgz` (below 3 MB), the graph
that the accuracy is measured with, `digits_inference_graph.pb`, and `digits_labels.txt`, and prints
the accuracy of the averages on held-out digits: expect 98%.
"""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scripts import digits
from slimhub import nets
from slimhub.cli.argument_refusals import RefusingParser

if TYPE_CHECKING:
    import tensorflow.compat.v1 as tf

NETWORK = "mobilenet_v3_small_100_224"
OPTIONS = {"depth_multiplier": 0.35, "num_classes": 10, "image_size": 32, "feature_depth": 128}
ARCHIVE = "digits_mobilenet_v3"
GRAPH = "digits_inference_graph.pb"

_BATCH = 64  # images
_LEARNING_RATE = 0.02  # at the start; falls to 0 along a cosine
_EMA_DECAY = 0.99  # 0.9999 in the original training, which had a million steps
_BATCH_NORM_MOMENTUM = 0.95  # 0.997 in the original training
_SHIFT = 3  # largest shift of an image in pixels, up, down and sideways


def build_training(spec: nets.NetworkSpec, steps: int) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """The training graph.

    Args:
      spec: the network.
      steps: of the whole training.

    Returns:
      The placeholders `images` and `labels` with the `loss`, and the training operation.
    """
    import tensorflow.compat.v1 as tf

    from slimhub.nets.layers import trunk

    images = tf.placeholder(tf.float32, [None, spec.image_size, spec.image_size, 3])
    labels = tf.placeholder(tf.int64, [None])
    endpoints = trunk.build_network(
        spec,
        spec.input_scaling.apply(images),
        num_classes=spec.num_classes,
        is_training=True,
        batch_norm_momentum=_BATCH_NORM_MOMENTUM,
    )
    loss = tf.losses.sparse_softmax_cross_entropy(labels, endpoints["Logits"])
    regularized = [v for v in tf.trainable_variables() if spec.is_regularized(v.op.name)]
    loss += spec.weight_decay * tf.add_n([tf.nn.l2_loss(v) for v in regularized])

    step = tf.train.get_or_create_global_step()
    rate = tf.train.cosine_decay(_LEARNING_RATE, step, steps)
    optimizer = tf.train.RMSPropOptimizer(rate, decay=0.9, momentum=0.9, epsilon=1.0)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        descent = optimizer.minimize(loss, global_step=step)
    averages = tf.train.ExponentialMovingAverage(_EMA_DECAY, step)
    with tf.control_dependencies([descent]):
        train = averages.apply(tf.model_variables())
    return {"images": images, "labels": labels, "loss": loss}, train


def augment(images: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Moves each image by a few pixels; f32[n, size, size, 3] to the same shape."""
    moved = np.empty_like(images)
    for i, (down, right) in enumerate(rng.randint(-_SHIFT, _SHIFT + 1, (len(images), 2))):
        moved[i] = np.roll(images[i], (down, right), (0, 1))
    return moved


def train(folder: Path, steps: int, seed: int, spec: nets.NetworkSpec) -> None:
    """Trains, and writes a checkpoint with shadows, optimizer slots and step to a folder.

    Args:
      folder: to write to.
      steps: of the training.
      seed: of all that is random.
      spec: a network for ten classes; the height of its images is a multiple of 8.
    """
    import tensorflow.compat.v1 as tf

    data = digits.load(spec.image_size)
    rng = np.random.RandomState(seed)
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        tensors, update = build_training(spec, steps)
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for step in range(1, steps + 1):
                chosen = rng.choice(len(data.train_images), _BATCH, replace=False)
                feed = {
                    tensors["images"]: augment(data.train_images[chosen], rng),
                    tensors["labels"]: data.train_labels[chosen],
                }
                loss, _ = session.run([tensors["loss"], update], feed)
                if step % 100 == 0 or step == steps:
                    print(f"step {step} of {steps}: loss {loss:.3f}", flush=True)
            saver.save(session, str(folder / "model.ckpt"), steps, write_meta_graph=False)


def build_inference(spec: nets.NetworkSpec) -> tuple[tf.Tensor, tf.Tensor]:
    """The inference graph.

    Args:
      spec: the network.

    Returns:
      Images f32[n, size, size, 3] in [0, 1], and logits f32[n, classes].
    """
    import tensorflow.compat.v1 as tf

    from slimhub.nets.layers import trunk

    images = tf.placeholder(tf.float32, [None, spec.image_size, spec.image_size, 3], "images")
    endpoints = trunk.build_network(
        spec,
        spec.input_scaling.apply(images),
        num_classes=spec.num_classes,
        is_training=False,
        batch_norm_momentum=0.0,
    )
    return images, endpoints["Logits"]


def write_graph(path: Path) -> None:
    """Writes the inference graph without weights, like TF-Slim's `export_inference_graph.py`."""
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default() as graph:
        build_inference(nets.get(NETWORK).customized(**OPTIONS))
        path.write_bytes(graph.as_graph_def().SerializeToString(deterministic=True))


def accuracy(folder: Path) -> float:
    """Share of held-out digits that the averages classify correctly."""
    import tensorflow.compat.v1 as tf

    spec = nets.get(NETWORK).customized(**OPTIONS)
    data = digits.load(spec.image_size)
    with tf.Graph().as_default():
        images, logits = build_inference(spec)
        averages = tf.train.ExponentialMovingAverage(_EMA_DECAY)
        shadows = {averages.average_name(v): v for v in tf.model_variables()}
        with tf.Session() as session:
            tf.train.Saver(shadows).restore(session, tf.train.latest_checkpoint(str(folder)))
            named = session.run(logits, {images: data.test_images}).argmax(1)
    return float(np.mean(named == data.test_labels))


def main() -> None:
    """Trains, measures and packs."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder for the three files")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, ARCHIVE)
        folder.mkdir()
        spec = nets.get(NETWORK).customized(**OPTIONS)
        train(folder, arguments.steps, arguments.seed, spec)
        print(f"accuracy on held-out digits: {accuracy(folder):.2%}")
        (folder / "checkpoint").unlink()  # contains paths of this machine
        arguments.output.mkdir(parents=True, exist_ok=True)
        with tarfile.open(arguments.output / f"{ARCHIVE}.tgz", "w:gz") as archive:
            archive.add(folder, ARCHIVE, filter=_anonymous)
    write_graph(arguments.output / GRAPH)
    names = "".join(f"{name}\n" for name in digits.NAMES)
    (arguments.output / "digits_labels.txt").write_text(names, "utf-8")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leaves out who packed the archive, and when."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
