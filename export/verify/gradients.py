"""Gradients through an artifact beside those through its source. Imports TensorFlow."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from export.verify import differences, inputs
from export.verify.artifact import Artifact
from export.verify.evidence import Evidence
from export.verify.source import SourceNetwork, weighted_sum
from export.verify.subject import Source, Subject

_NAME = "gradients of inputs and trainable variables"


class Gradients:
    """Gradients of one mode, with respect to images and all trainable variables."""

    def __init__(self, subject: Subject, source: Source, *, is_training: bool) -> None:
        """Computes the source's.

        Args:
          subject: which network.
          source: its checkpoint.
          is_training: with batch statistics.
        """
        self._is_training = is_training
        self._area = "training" if is_training else "inference"
        self._images = inputs.mixed(subject.spec().image_size)
        network = SourceNetwork(subject, source, is_training=is_training)
        self._trainable = network.trainable()
        self._target = network.differentiable()
        self._expected: dict[str, np.ndarray] = {}
        if self._target is not None:
            self._expected = network.gradients(self._images)
        network.close()

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
        if self._target == "default":
            return artifact.loaded(images, training=self._is_training)
        endpoints = artifact.loaded(images, training=self._is_training, return_endpoints=True)
        return endpoints[self._target]
