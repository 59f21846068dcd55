"""The names of an artifact's signatures. Does not import TensorFlow."""

from __future__ import annotations

IMAGES = "serving_default"
ENCODED_IMAGES = "serving_encoded_images"
BEST_CLASSES = "classify"
MOST_CLASSES = 5  # that `classify` returns for an image
_OF_EVERY_TASK = (IMAGES, ENCODED_IMAGES)


def of_task(task: str) -> tuple[str, ...]:
    """The signatures of an artifact, in the order in which the main graph numbers their calls.

    In the published modules, `StatefulPartitionedCall:0` is the output of `serving_default`.

    Args:
      task: one of `nets.TASKS`.
    """
    return (*_OF_EVERY_TASK, BEST_CLASSES) if task == "classification" else _OF_EVERY_TASK
