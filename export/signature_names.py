"""The names of an artifact's signatures. Does not import TensorFlow."""

from __future__ import annotations

from slimhub.nets import NetworkSpec

IMAGES = "serving_default"
ENCODED_IMAGES = "serving_encoded_images"
BEST_CLASSES = "classify"
MOST_CLASSES = 5  # that `classify` returns for an image
# In the order in which the main graph numbers their calls: in the published modules,
# `StatefulPartitionedCall:0` is the output of `serving_default`.
ALL = (IMAGES, ENCODED_IMAGES, BEST_CLASSES)


def of_network(spec: NetworkSpec, task: str) -> tuple[str, ...]:
    """The signatures of an artifact, in the order of `ALL`.

    Args:
      spec: the network.
      task: one of `nets.TASKS`.
    """
    if not spec.takes_encoded_images:
        return (IMAGES,)
    return ALL if task == "classification" else (IMAGES, ENCODED_IMAGES)
