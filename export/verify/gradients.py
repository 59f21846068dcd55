"""Gradients through an artifact beside those through its source. Imports TensorFlow."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from export.verify import differences, inputs
from export.verify.artifact import Artifact
from export.verify.evidence import Evidence
from export.verify.source import SourceNetwork, weighted_sum

_NAME = "gradients of inputs and trainable variables"
_MOMENTUM = 0.9  # any: no gradient depends on it


class Gradients:
    """Gradients of one mode, with respect to images and all trainable variables."""

    def __init__(self, network: SourceNetwork) -> None:
        """Computes the source's.

        Args:
          network: the source, for inference or for training.
        """
        self._is_training = network.is_training
        self._area = "training" if network.is_training else "inference"
        self._images = inputs.mixed(network.spec.image_size)
        self._trainable = network.trainable()
        self._target = network.differentiable()
        self._expected: dict[str, np.ndarray] = {}
        if self._target is not None:
            self._expected = network.gradients(self._images)

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares an artifact's gradients, as a tape gives them, with the source's.

        Args:
          artifact: the one to examine; in training its moving statistics move.
          evidence: takes the check.
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
            evidence.add(differences.compare_gradients(self._area, _NAME, found, self._expected))

    def _call(self, artifact: Artifact, images: tf.Tensor) -> tf.Tensor:
        wants_endpoints = self._target != "default"
        function = artifact.function(self._is_training, wants_endpoints)
        output = function(images, batch_norm_momentum=tf.constant(_MOMENTUM))
        return output[self._target] if wants_endpoints else output
