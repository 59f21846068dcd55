"""The signatures of an artifact, for serving and for programs without Python."""

from __future__ import annotations

from typing import TypeAlias

import tensorflow as tf

from slimhub.export import signature_names
from slimhub.export.labels import Labels
from slimhub.export.savedmodel import best_classes, graphs
from slimhub.export.signature_names import BEST_CLASSES, ENCODED_IMAGES, IMAGES
from slimhub.nets import NetworkSpec
from slimhub.nets.size_notation import ImageSize, sides

ConcreteFunction: TypeAlias = tf.types.experimental.ConcreteFunction


def build(
    spec: NetworkSpec, task: str, built: graphs.Graphs, labels: Labels | None
) -> dict[str, ConcreteFunction]:
    """All signatures by name.

    `serving_default` takes `inputs` f32[batch, height, width, channels] in [0, 1], and
    `serving_encoded_images` takes `encoded` string[batch], JPEG or PNG files. Both return one
    output, `feature_vector` or `logits`. A classification also has `classify`, which takes such
    files as well, and returns what `best_classes.of_logits` does. Only networks of gray or color
    images have signatures that take files.

    Args:
      spec: the network.
      task: one of `nets.TASKS`.
      built: its graphs for the task.
      labels: names of the classes, or None.
    """
    output = "logits" if task == "classification" else "feature_vector"
    images, _ = graphs.input_specs(spec)

    def serve(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {output: built.infer(inputs)}

    def serve_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return serve(decode(encoded, spec.image_size, spec.channels))

    def classify(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return best_classes.of_logits(serve_encoded(encoded)[output], labels)

    encoded = tf.TensorSpec([None], tf.string, name="encoded")
    functions = {
        IMAGES: (serve, images),
        ENCODED_IMAGES: (serve_encoded, encoded),
        BEST_CLASSES: (classify, encoded),
    }
    traced = {}
    for name in signature_names.of_network(spec, task):
        function, argument = functions[name]
        traced[name] = tf.function(function, autograph=False).get_concrete_function(argument)
    return traced


def decode(encoded: tf.Tensor, size: ImageSize, channels: int = 3) -> tf.Tensor:
    """Decodes image files for a network.

    Each image is decoded to RGB or gray, converted to [0, 1] by tf.image.convert_image_dtype, and
    stretched to the size without cropping, with bilinear interpolation between pixel centers and no
    antialiasing, the default of tf.image.resize.

    Args:
      encoded: string[batch], JPEG or PNG files of any size.
      size: height and width of the result, pixels.
      channels: 3 for RGB, 1 for gray.

    Returns:
      f32[batch, height, width, channels] in [0, 1].
    """
    height, width = sides(size)

    def decode_one(file: tf.Tensor) -> tf.Tensor:
        # This operation also decodes PNG; the one for any format is not in TensorFlow 1.15.
        decoded = tf.io.decode_jpeg(file, channels=channels)
        return tf.image.resize(tf.image.convert_image_dtype(decoded, tf.float32), [height, width])

    decoded = tf.TensorSpec([height, width, channels], tf.float32)
    return tf.map_fn(decode_one, encoded, fn_output_signature=decoded)
