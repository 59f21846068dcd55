"""The signatures of an artifact, for serving and for programs without Python."""

from __future__ import annotations

from typing import TypeAlias

import tensorflow as tf

from slimhub.export.labels import Labels
from slimhub.export.savedmodel import best_classes, graphs
from slimhub.export.signature_names import BEST_CLASSES, ENCODED_IMAGES, IMAGES
from slimhub.nets import NetworkSpec

ConcreteFunction: TypeAlias = tf.types.experimental.ConcreteFunction


def build(
    spec: NetworkSpec, task: str, built: graphs.Graphs, labels: Labels | None
) -> dict[str, ConcreteFunction]:
    """All signatures by name.

    `serving_default` takes `inputs` f32[batch, height, width, 3] in [0, 1], and
    `serving_encoded_images` takes `encoded` string[batch], JPEG or PNG files. Both return one
    output, `feature_vector` or `logits`. A classification also has `classify`, which takes such
    files as well, and returns what `best_classes.of_logits` does.

    Args:
      spec: the network.
      task: one of `nets.TASKS`.
      built: its graphs for the task.
      labels: names of the classes, or None.
    """
    output = "logits" if task == "classification" else "feature_vector"
    images, _ = graphs.input_specs(spec)

    def serve(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {output: built.inference(inputs)[graphs.DEFAULT_KEY]}

    def serve_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return serve(decode(encoded, spec.image_size))

    def classify(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return best_classes.of_logits(serve_encoded(encoded)[output], labels)

    encoded = tf.TensorSpec([None], tf.string, name="encoded")
    functions = {IMAGES: (serve, images), ENCODED_IMAGES: (serve_encoded, encoded)}
    if task == "classification":
        functions[BEST_CLASSES] = (classify, encoded)
    return {
        name: tf.function(function, autograph=False).get_concrete_function(argument)
        for name, (function, argument) in functions.items()
    }


def decode(encoded: tf.Tensor, size: int) -> tf.Tensor:
    """Decodes image files for a network.

    Each image is decoded to RGB, converted to [0, 1] by tf.image.convert_image_dtype, and stretched
    to a square without cropping, with bilinear interpolation between pixel centers and no
    antialiasing, the default of tf.image.resize.

    Args:
      encoded: string[batch], JPEG or PNG files of any size.
      size: height and width of the result, pixels.

    Returns:
      f32[batch, size, size, 3] in [0, 1].
    """

    def decode_one(file: tf.Tensor) -> tf.Tensor:
        # This operation also decodes PNG; the one for any format is not in TensorFlow 1.15.
        image = tf.image.convert_image_dtype(tf.io.decode_jpeg(file, channels=3), tf.float32)
        return tf.image.resize(image, [size, size])

    return tf.map_fn(
        decode_one, encoded, fn_output_signature=tf.TensorSpec([size, size, 3], tf.float32)
    )
