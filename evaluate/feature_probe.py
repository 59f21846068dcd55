"""How well classes can be told apart by features: nearest neighbors, and a linear classifier."""

from __future__ import annotations

import dataclasses

import numpy as np

from slimhub.common import extras
from slimhub.common.errors import EvaluationError

NEIGHBORS = 20
_ITERATIONS = 1000


@dataclasses.dataclass(frozen=True)
class ProbeAnswers:
    """Answers of both to the test pictures.

    Attributes:
      classes: i64[classes], labels of the data in the order of the logits.
      logits: f64[count, classes], of the linear classifier.
      places: i64[count], which logit is each picture's.
      neighbors: fraction of pictures that their nearest neighbors name correctly.
    """

    classes: np.ndarray
    logits: np.ndarray
    places: np.ndarray
    neighbors: float


def check_packages() -> None:
    """Refuses to continue without scikit-learn."""
    extras.need("sklearn", extra="evaluate")


def probe(
    train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray
) -> ProbeAnswers:
    """Learns from features of one set of pictures, and answers to another.

    The linear classifier is scikit-learn's logistic regression (L2, C = 1, lbfgs, at most 1,000
    iterations) on features of which each has mean 0 and variance 1 over the training pictures. The
    neighbors are the 20 with the largest cosine, of which each has one vote; of classes with equal
    votes the one with the smaller label wins.

    Args:
      train: f32[count, width].
      train_labels: i64[count].
      test: f32[count, width].
      test_labels: i64[count].

    Raises:
      EvaluationError: if there is one class only, or a class that is in the test pictures only.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = np.unique(train_labels)
    unknown = sorted({*test_labels.tolist()} - {*classes.tolist()})
    if len(classes) < 2 or unknown:
        fault = f"none of the label {unknown[0]}" if unknown else "of one class only"
        raise EvaluationError(f"the training pictures have {fault}: choose another split")
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=_ITERATIONS))
    linear.fit(train.astype(np.float64), train_labels)
    scores = linear.decision_function(test.astype(np.float64))
    if len(classes) == 2:  # of two classes there is one score, the logit of the second
        scores = np.stack([np.zeros(len(scores)), scores], axis=1)
    near = KNeighborsClassifier(min(NEIGHBORS, len(train)), metric="cosine", algorithm="brute")
    named = near.fit(train, train_labels).predict(test)
    return ProbeAnswers(
        classes, scores, np.searchsorted(classes, test_labels), float((named == test_labels).mean())
    )
