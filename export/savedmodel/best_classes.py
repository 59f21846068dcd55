"""The likeliest classes of images, with their names. Imports TensorFlow."""

from __future__ import annotations

import tensorflow as tf

from slimhub.export.labels import Labels
from slimhub.export.signature_names import MOST_CLASSES


def of_logits(logits: tf.Tensor, labels: Labels | None) -> dict[str, tf.Tensor]:
    """The likeliest classes of each image, best first; of equal ones, the first comes first.

    Args:
      logits: f32[batch, classes].
      labels: one name per logit; without them, a class is named by its index.

    Returns:
      With k = 5, or the number of classes if there are fewer: `probabilities` f32[batch, k], the
      softmax over all logits; `indices` i32[batch, k], of the logits; `classes` string[batch, k],
      their names in UTF-8.
    """
    count = min(MOST_CLASSES, logits.shape[-1])
    _, indices = tf.math.top_k(logits, count)  # of the softmax, many may be 0
    probabilities = tf.gather(tf.nn.softmax(logits), indices, batch_dims=1)
    if labels is None:
        classes = tf.strings.as_string(indices)
    else:
        classes = tf.gather(tf.constant(labels.names), indices)
    return {"probabilities": probabilities, "classes": classes, "indices": indices}
