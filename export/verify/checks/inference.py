"""Compares inference of an artifact with that of its source. Imports TensorFlow."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from slimhub.common.tensorflow_internals import concrete_functions
from slimhub.export import signature_names
from slimhub.export.verify.checks import contract, differences, main_graph
from slimhub.export.verify.checks.evidence import LAYERS_LEFT_OUT, Evidence
from slimhub.export.verify.reference import pictures
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.reference.distance import relative
from slimhub.export.verify.reference.source_network import Answers, SourceNetwork
from slimhub.export.verify.subject import Subject

_AREA = "inference"
_SESSION = "a session answers the same"
_PHOTOGRAPH = "photograph"  # the batch that every proof uses
_MOMENTUM = 0.9  # any value: inference does not use it
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def ask(network: SourceNetwork, *, is_full: bool) -> Answers:
    """Computes a source's answers in inference.

    Args:
      network: the source, for inference.
      is_full: whether to use all batches, not only the photograph.
    """
    batches = pictures.batches(network.spec.image_shape)
    if not is_full:
        batches = {_PHOTOGRAPH: batches[_PHOTOGRAPH]}
    return network.answers({name: (images, 0.0) for name, images in batches.items()})


class Inference:
    """Checks everything that training=False computes."""

    def __init__(
        self,
        subject: Subject,
        answers: Answers | None,
        shapes: dict[str, tuple[int, ...]] | None,
        *,
        wants_layers: bool = False,
        runs_session: bool = True,
    ) -> None:
        """Initializes.

        Args:
          subject: which network.
          answers: of its source, from `ask`; None to check only the contract.
          shapes: of all variables by name; needed if there are no answers.
          wants_layers: whether to describe the values of all variables.
          runs_session: whether to run the main graph, which takes as long as everything else.
        """
        self._subject = subject
        self._answers = answers
        self._shapes = shapes
        self._wants_layers = wants_layers
        self._runs_session = runs_session
        self._batches = pictures.batches(subject.spec().image_shape)

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares an artifact with the answers.

        Args:
          artifact: the one to examine.
          evidence: receives the checks.
        """
        evidence.add(*contract.check(artifact, self._subject))
        with evidence.of(_AREA, "calls"):
            before = {name: value.numpy() for name, value in artifact.values().items()}
            if self._wants_layers:
                evidence.layers += [_describe(name, value) for name, value in before.items()]
            self._check_calls(artifact, evidence)
            if self._runs_session:
                self._check_session(artifact, evidence)
            if self._answers is not None:
                self._check_variables(before, self._answers.values, evidence)
                self._check_endpoints(artifact, before, self._answers, evidence)
                if self._answers.ignored:
                    evidence.skip("variables", LAYERS_LEFT_OUT, self._answers.ignored)
            else:
                self._check_shapes(before, self._shapes or {}, evidence)
                evidence.skip(_AREA, "the source's outputs", "no checkpoint was given")
            changed = [
                name
                for name, value in artifact.values().items()
                if not np.array_equal(before[name], value.numpy())
            ]
            evidence.expect(
                _AREA, "no variable changes", not changed, f"changed: {', '.join(changed[:3])}"
            )

    def _check_calls(self, artifact: Artifact, evidence: Evidence) -> None:
        """The ways to call it that must all return the same."""
        images = tf.constant(self._batches[_PHOTOGRAPH])
        output = artifact.loaded(images)
        # Not __call__, which TensorFlow would trace again for each choice and batch size.
        function = artifact.function(training=False, return_endpoints=True)
        endpoints = function(images, tf.constant(_MOMENTUM))
        signature = artifact.loaded.signatures["serving_default"]
        same = {
            "training=False": artifact.loaded(images, training=False),
            "inputs=": artifact.loaded(inputs=images),
            "return_endpoints=True": endpoints["default"],
            "serving_default": next(iter(signature(inputs=images).values())),
        }
        if hasattr(artifact.loaded, "serve"):
            same["serve"] = concrete_functions(artifact.loaded.serve)[0](images)
        wrong = [name for name, value in same.items() if not np.array_equal(value, output)]
        evidence.expect(
            _AREA, "all calls answer the same", not wrong, f"these differ: {', '.join(wrong)}"
        )
        scope = self._subject.spec().endpoint_key("")
        strange = [key for key in endpoints if key != "default" and not key.startswith(scope)]
        evidence.expect(
            "contract",
            f"endpoints have {scope} in front",
            not strange,
            f"these do not: {', '.join(strange[:3])}",
        )

    def _check_session(self, artifact: Artifact, evidence: Evidence) -> None:
        images = self._batches[_PHOTOGRAPH]
        called = artifact.loaded(tf.constant(images)).numpy()
        fed: main_graph.Fed = {signature_names.IMAGES: images}
        if self._subject.spec().takes_encoded_images:
            fed[signature_names.ENCODED_IMAGES] = [pictures.photograph_file()]
        answers = main_graph.answers(artifact, fed)
        expected = dict.fromkeys(answers, called)
        nudged = artifact.loaded(tf.constant(np.nextafter(images, np.float32(2)))).numpy()
        bound = differences.amplified(differences.SESSION, relative(nudged, called))
        compared = differences.compare(_AREA, _SESSION, answers, expected, bound)
        evidence.add(compared.check)

    def _check_shapes(
        self,
        values: dict[str, np.ndarray],
        expected: dict[str, tuple[int, ...]],
        evidence: Evidence,
    ) -> None:
        found = {name: value.shape for name, value in values.items()}
        names = [*expected, *(name for name in found if name not in expected)]
        wrong = [name for name in names if found.get(name) != expected.get(name)]
        first = ""
        if wrong:
            pair = (found.get(wrong[0], "not there"), expected.get(wrong[0], "none"))
            first = f"{len(wrong)} differ; first {wrong[0]}: {pair[0]}, expected {pair[1]}"
        evidence.expect("variables", "names and shapes are the network's", not wrong, first)

    def _check_variables(
        self,
        values: dict[str, np.ndarray],
        expected: dict[str, np.ndarray],
        evidence: Evidence,
    ) -> None:
        compared = differences.compare(
            "variables",
            "every variable holds the checkpoint's value",
            values,
            expected,
            differences.Bound(0.0, "values are copied, not computed"),
        )
        evidence.add(compared.check)
        more = sorted(set(values) - set(expected))
        evidence.expect("variables", "no other variables", not more, f"also {', '.join(more[:3])}")

    def _check_endpoints(
        self,
        artifact: Artifact,
        values: dict[str, np.ndarray],
        answers: Answers,
        evidence: Evidence,
    ) -> None:
        bound = evidence.parity_bound
        differing = _differing(values, answers.values)

        def explain(name: str) -> str:
            return differences.name_variables(answers.feeding[name], differing)

        for name, answer in answers.by_batch.items():
            function = artifact.function(training=False, return_endpoints=True)
            found = function(tf.constant(self._batches[name]), tf.constant(_MOMENTUM))
            found = {key: value.numpy() for key, value in found.items()}
            expected = answer.endpoints
            compared = differences.compare(_AREA, name, found, expected, bound, explain)
            evidence.add(compared.check)
            evidence.endpoints += compared.rows
            more = sorted(set(found) - set(expected))
            evidence.expect(
                _AREA, f"{name}: no other endpoints", not more, f"also {', '.join(more[:3])}"
            )


def _differing(values: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> set[str]:
    """Names of the variables whose values are not the expected ones."""
    return {
        name
        for name, value in expected.items()
        if name not in values or not np.array_equal(values[name], value)
    }


def _describe(name: str, value: np.ndarray) -> dict[str, object]:
    """Shape and quantiles of a variable, as JSON."""
    quantiles = np.quantile(value, _QUANTILES).tolist() if value.size else []
    return {"variable": name, "shape": list(value.shape), "quantiles": quantiles}
