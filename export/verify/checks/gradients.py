"""Compares gradients through an artifact with those through its source. Imports TensorFlow."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from slimhub.export.verify.checks import differences
from slimhub.export.verify.checks.evidence import Evidence
from slimhub.export.verify.reference import pictures
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.reference.source_network import SourceNetwork, weighted_sum

_NAME = "gradients of inputs and trainable variables"
_LARGE = 30e6  # parameters
_MOMENTUM = 0.9  # any value: no gradient depends on it


@dataclasses.dataclass(frozen=True)
class SourceGradients:
    """A source's gradients, for another process to compare with.

    Attributes:
      is_training: the mode they belong to.
      images: the input they were computed for, f32[batch, height, width, channels] in [0, 1].
      trainable: names of the variables that optimizers change.
      target: key of the differentiated output; None if dropout makes everything random.
      values: gradients by variable and by `inputs`.
      roundings: by the same names, how much the last bit of the images changes them.
    """

    is_training: bool
    images: np.ndarray
    trainable: list[str]
    target: str | None
    values: dict[str, np.ndarray]
    roundings: dict[str, float]


def ask(network: SourceNetwork) -> SourceGradients:
    """Computes a source's gradients.

    Args:
      network: the source, for inference or for training.
    """
    target, shape = network.differentiable(), network.spec.image_shape
    # A tape holds every activation: gigabytes for two images in large networks.
    is_large = network.parameters() > _LARGE
    images = pictures.photograph(shape) if is_large else pictures.mixed(shape)
    values, roundings = ({}, {}) if target is None else network.gradients(target, images)
    return SourceGradients(
        network.is_training, images, network.trainable(), target, values, roundings
    )


class Gradients:
    """Gradients of one mode, with respect to images and all trainable variables."""

    def __init__(self, expected: SourceGradients) -> None:
        """Initializes.

        Args:
          expected: the source's gradients, from `ask`.
        """
        self._is_training = expected.is_training
        self._area = "training" if expected.is_training else "inference"
        self._images = expected.images
        self._trainable = expected.trainable
        self._target = expected.target
        self._expected, self._roundings = expected.values, expected.roundings

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares an artifact's gradients, computed with a tape, with the source's.

        Args:
          artifact: the one to examine; in training, its moving statistics change.
          evidence: receives the check.
        """
        if self._target is None:
            evidence.skip(self._area, _NAME, "dropout makes them random")
            return
        with evidence.of(self._area, _NAME):
            images = tf.constant(self._images)
            variables = artifact.values()
            held = {name: variables[name] for name in self._trainable if name in variables}
            with tf.GradientTape() as tape:
                tape.watch(images)
                value = weighted_sum(self._call(artifact, images))
            found = tape.gradient(value, {"inputs": images} | held)
            evidence.add(
                differences.compare_gradients(
                    self._area, _NAME, found, self._expected, self._roundings
                )
            )

    def _call(self, artifact: Artifact, images: tf.Tensor) -> tf.Tensor:
        wants_endpoints = self._target != "default"
        function = artifact.function(self._is_training, wants_endpoints)
        output = function(images, batch_norm_momentum=tf.constant(_MOMENTUM))
        return output[self._target] if wants_endpoints else output
