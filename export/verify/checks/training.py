"""Compares training mode of an artifact with that of its source. Imports TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from slimhub.common.tensorflow_internals import concrete_functions
from slimhub.export.verify.checks import differences, random_logits
from slimhub.export.verify.checks.evidence import Evidence
from slimhub.export.verify.reference import pictures
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.reference.source_network import Answers, SourceNetwork
from slimhub.export.verify.subject import Subject

_AREA = "training"
_FIRST, _SECOND = "noise, photograph", "zeros, ones, photograph"
_MOMENTUM = 0.9
_DEFAULT_MOMENTUM = 0.99  # of the contract


def ask(network: SourceNetwork) -> Answers:
    """Computes a source's answers in training mode; its moving statistics change.

    Args:
      network: the source, for training.
    """
    images, others = _batches(network.spec.image_shape)
    return network.answers({_FIRST: (images, _MOMENTUM), _SECOND: (others, _DEFAULT_MOMENTUM)})


def _batches(shape: pictures.Shape) -> tuple[np.ndarray, np.ndarray]:
    """Two batches of different sizes; the second starts from the statistics after the first."""
    return pictures.mixed(shape), pictures.striking(shape)


class Training:
    """Checks everything that training=True computes and changes, and the regularization loss."""

    def __init__(self, subject: Subject, answers: Answers) -> None:
        """Initializes.

        Args:
          subject: which network.
          answers: of its source, from `ask`.
        """
        self._subject = subject
        self._answers = answers
        self._images, self._other_images = _batches(subject.spec().image_shape)

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares an artifact with the answers.

        Args:
          artifact: the one to examine.
          evidence: receives the checks.
        """
        with evidence.of(_AREA, "calls"):
            variables = artifact.values()
            before = {name: value.numpy() for name, value in variables.items()}
            self._check_regularization(artifact, before, evidence)
            function = artifact.function(training=True, return_endpoints=True)
            found = function(tf.constant(self._images), tf.constant(_MOMENTUM))
            self._check_answer(_FIRST, found, variables, evidence)
            self._check_random_logits(found, before, evidence)
            # As users call it, with the contract's momentum.
            found = artifact.loaded(
                tf.constant(self._other_images), training=True, return_endpoints=True
            )
            self._check_answer(_SECOND, found, variables, evidence)
            self._check_unchanged_variables(artifact, before, evidence)
            self._check_other_calls(artifact, evidence)

    def _check_answer(
        self,
        name: str,
        found: dict[str, tf.Tensor],
        variables: dict[str, tf.Variable],
        evidence: Evidence,
    ) -> None:
        answer = self._answers.by_batch[name]
        compared = differences.compare(
            _AREA,
            name,
            {key: value.numpy() for key, value in found.items()},
            answer.endpoints,
            evidence.parity_bound,
            lambda key: differences.name_variables(self._answers.feeding[key], None),
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
        """Dropout makes these logits random, but not arbitrary."""
        spec, name = self._subject.spec(), "dropout before the logits"
        known = self._answers.by_batch[_FIRST].endpoints
        if not self._subject.is_classification or "default" in known:
            return
        head = {n: v for n, v in values.items() if re.search(spec.head, n)}
        weights = [v for n, v in head.items() if n.endswith("/weights")]
        biases = [v for n, v in head.items() if n.endswith("/biases")]
        feature = spec.endpoint_key(spec.feature_endpoint)
        if len(weights) != 1 or feature not in known:
            evidence.skip(_AREA, name, "dropout affects more than the logits")
            return
        features = found[feature].numpy().reshape(len(self._images), -1).astype(np.float64)
        matrix: np.ndarray = weights[0].reshape(weights[0].shape[-2:]).astype(np.float64)
        bias = biases[0].astype(np.float64) if biases else np.zeros(matrix.shape[1])
        if spec.drop_background:
            matrix, bias = matrix[:, 1:], bias[1:]
        against = random_logits.complaint(
            found["default"].numpy(), features, matrix, bias, spec.dropout_keep
        )
        evidence.expect(_AREA, name, not against, against)

    def _check_unchanged_variables(
        self, artifact: Artifact, before: dict[str, np.ndarray], evidence: Evidence
    ) -> None:
        variables = artifact.values()
        statistics = self._answers.by_batch[_FIRST].statistics
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
        function = artifact.function(training=True, return_endpoints=True)
        function(tf.constant(self._images), tf.constant(1.0))
        moved = [name for name in held if (variables[name].numpy() != held[name]).any()]
        evidence.expect(
            _AREA, "momentum 1 changes nothing", not moved, f"changed: {', '.join(moved[:3])}"
        )

    def _check_other_calls(self, artifact: Artifact, evidence: Evidence) -> None:
        """Checks that a call without endpoints, and the endpoint `train`, return the same."""
        images = tf.constant(self._images)
        momentum = tf.constant(_MOMENTUM)
        plain = artifact.function(training=True, return_endpoints=False)
        calls = {"return_endpoints=False": (_MOMENTUM, lambda: plain(images, momentum))}
        if hasattr(artifact.loaded, "train"):
            (train,) = concrete_functions(artifact.loaded.train)
            calls["train"] = (_DEFAULT_MOMENTUM, lambda: train(images))
        for name, (factor, run) in calls.items():
            self._check_call(name, run, factor, artifact, evidence)

    def _check_call(
        self,
        name: str,
        run: Callable[[], tf.Tensor],
        momentum: float,
        artifact: Artifact,
        evidence: Evidence,
    ) -> None:
        answer = self._answers.by_batch[_FIRST]
        moving = {key: artifact.values()[key] for key in answer.statistics}
        start = {key: variable.numpy() for key, variable in moving.items()}
        call = artifact.function(training=True, return_endpoints=True)
        expected = call(tf.constant(self._images), tf.constant(momentum))["default"].numpy()
        called = {key: variable.numpy() for key, variable in moving.items()}
        for key, variable in moving.items():
            variable.assign(start[key])
        output = run().numpy()
        wrong = [key for key, value in called.items() if (moving[key].numpy() != value).any()]
        if "default" in answer.endpoints and not np.array_equal(output, expected):
            wrong.append("its output")
        evidence.expect(
            _AREA,
            f"{name} does what a call with endpoints does",
            not wrong,
            f"these differ: {', '.join(wrong[:3])}",
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
