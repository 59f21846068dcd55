"""What pages say about a task, and about the model of the same network with the other task.

Only a hub knows whether it has that other model: `publish.hub.links` adds the sentence then.
"""

from __future__ import annotations

# Ends in a line end: the sentence about the other task goes below.
INTRODUCTIONS = {
    "feature_vector": (
        "This model outputs the feature vector: the activations that the classification layer of "
        "the network takes as its input. Use it as the\nbase of your own classifier, or compare "
        "images by the distance of their vectors.\n"
    ),
    "classification": (
        "This model includes the classification layer and outputs logits, the scores before the "
        "softmax. Use it to classify images into the classes it was\ntrained on.\n"
    ),
}
_OF_EARLIER_LAYER = (
    "This model outputs the feature vector: the mean over all positions of the endpoint `{}`, "
    "where the network ends. Use it as the\nbase of your own classifier, or compare images by the "
    "distance of their vectors.\n"
)
# By the task of the page; with the mention of the other model.
OTHER_TASK = {
    "feature_vector": "The same network with its classification layer is {}.\n",
    "classification": (
        "For your own classes, start from the feature vector of the same network, {}.\n"
    ),
}


def introduction(task: str, last_layer: str | None) -> str:
    """What the first paragraph of a page says of the output.

    Args:
      task: one of `nets.TASKS`.
      last_layer: the endpoint where the network ends earlier than usual, or None.
    """
    return INTRODUCTIONS[task] if last_layer is None else _OF_EARLIER_LAYER.format(last_layer)
