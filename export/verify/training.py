"""Training mode of an artifact beside that of its source. Imports TensorFlow."""

from __future__ import annotations

import re

import numpy as np
import tensorflow as tf

from export.verify import differences, inputs
from export.verify.artifact import Artifact
from export.verify.evidence import Evidence
from export.verify.source import Answer, SourceNetwork
from export.verify.subject import Source, Subject

_AREA = "training"
_MOMENTUM = 0.9
_DEFAULT_MOMENTUM = 0.99  # of the contract
_DEVIATIONS = 8.0  # standard deviations by which random logits may be off


class Training:
    """Everything that training=True computes and changes, and the regularization loss."""

    def __init__(self, subject: Subject, source: Source) -> None:
        """Computes what the source answers.

        Args:
          subject: which network.
          source: its checkpoint.
        """
        self._subject = subject
        size = subject.spec().image_size
        self._images = inputs.mixed(size)
        self._other_images = inputs.batches(size)["zeros, ones, photograph"]
        self._source = SourceNetwork(subject, source, is_training=True)
        self._values = self._source.values()
        # The second starts from the statistics that the first leaves.
        self._answers = {
            "noise, photograph": self._source.answer(self._images, _MOMENTUM),
            "zeros, ones, photograph": self._source.answer(self._other_images, _DEFAULT_MOMENTUM),
        }
        self._source.close()

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares an artifact with the answers.

        Args:
          artifact: the one to examine.
          evidence: takes the checks.
        """
        with evidence.of(_AREA, "calls"):
            variables = artifact.values()
            before = {name: value.numpy() for name, value in variables.items()}
            self._check_regularization(artifact, before, evidence)
            first, second = self._answers
            found = artifact.loaded(
                tf.constant(self._images),
                training=True,
                return_endpoints=True,
                batch_norm_momentum=_MOMENTUM,
            )
            self._check_answer(first, found, variables, evidence)
            self._check_random_logits(found, before, evidence)
            found = artifact.loaded(
                tf.constant(self._other_images), training=True, return_endpoints=True
            )
            self._check_answer(second, found, variables, evidence)
            self._check_what_stays(artifact, before, evidence)

    def _check_answer(
        self,
        name: str,
        found: dict[str, tf.Tensor],
        variables: dict[str, tf.Variable],
        evidence: Evidence,
    ) -> None:
        answer: Answer = self._answers[name]
        compared = differences.compare(
            _AREA,
            name,
            {key: value.numpy() for key, value in found.items()},
            answer.endpoints,
            evidence.parity_bound,
            lambda key: differences.name_variables(self._source.feeding(key), set()),
        )
        evidence.add(compared.check)
        evidence.endpoints += compared.rows
        moved = differences.compare(
            _AREA,
            f"moving statistics after {name}",
            {key: variables[key].numpy() for key in answer.statistics if key in variables},
            answer.statistics,
            evidence.parity_bound,
        )
        evidence.add(moved.check)

    def _check_random_logits(
        self, found: dict[str, tf.Tensor], values: dict[str, np.ndarray], evidence: Evidence
    ) -> None:
        """Dropout makes these logits random: their mean and spread are known."""
        spec, name = self._subject.spec(), "dropout before the logits"
        if (
            not self._subject.is_classification
            or "default" in self._answers["noise, photograph"].endpoints
        ):
            return
        head = {n: v for n, v in values.items() if re.search(spec.head, n)}
        weights = [v for n, v in head.items() if n.endswith("/weights")]
        biases = [v for n, v in head.items() if n.endswith("/biases")]
        feature = f"{spec.scope}/{spec.feature_endpoint}"
        if len(weights) != 1 or feature not in self._answers["noise, photograph"].endpoints:
            evidence.skip(_AREA, name, "dropout is not before the logits alone")
            return
        features = found[feature].numpy()[:, 0, 0].astype(np.float64)
        matrix = weights[0][0, 0].astype(np.float64)
        mean = features @ matrix + (biases[0] if biases else 0.0)
        odds = (1 - spec.dropout_keep) / spec.dropout_keep
        deviation = np.sqrt(odds * np.square(features) @ np.square(matrix))
        distance = np.abs(found["default"].numpy() - mean)
        scores = distance / np.maximum(deviation, 1e-6 * np.abs(mean).max())
        spread = float(np.sqrt(np.mean(np.square(scores))))
        evidence.expect(
            _AREA,
            name,
            scores.max() < _DEVIATIONS and 0.3 < spread < 3,
            f"logits are {scores.max():.3g} standard deviations off, {spread:.3g} on average",
        )

    def _check_what_stays(
        self, artifact: Artifact, before: dict[str, np.ndarray], evidence: Evidence
    ) -> None:
        variables = artifact.values()
        statistics = self._answers["noise, photograph"].statistics
        changed = [
            n for n in before if n not in statistics and (variables[n].numpy() != before[n]).any()
        ]
        evidence.expect(
            _AREA,
            "nothing but moving statistics changes",
            not changed,
            f"changed: {', '.join(changed[:3])}",
        )
        held = {name: variables[name].numpy() for name in statistics}
        artifact.loaded(tf.constant(self._images), training=True, batch_norm_momentum=1.0)
        moved = [name for name in held if (variables[name].numpy() != held[name]).any()]
        evidence.expect(
            _AREA, "momentum 1 changes nothing", not moved, f"changed: {', '.join(moved[:3])}"
        )

    def _check_regularization(
        self, artifact: Artifact, values: dict[str, np.ndarray], evidence: Evidence
    ) -> None:
        spec = self._subject.spec()
        squares = sum(
            np.square(value, dtype=np.float64).sum()
            for name, value in values.items()
            if spec.is_regularized(name)
        )
        compared = differences.compare(
            _AREA,
            "regularization loss",
            {
                "regularization_losses": np.asarray(
                    sum(loss() for loss in artifact.loaded.regularization_losses)
                )
            },
            {"regularization_losses": np.asarray(spec.weight_decay * squares / 2)},
            differences.SUM,
        )
        evidence.add(compared.check)
