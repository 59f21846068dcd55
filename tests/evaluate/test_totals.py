"""Sums over pictures, and the figures from them."""

import json

import numpy as np
import pytest

from slimhub.evaluate import metrics
from slimhub.evaluate.totals import Totals


def drawn(count=200, width=12):
    random = np.random.RandomState(1)
    logits = random.normal(0, 3, (count, width)).astype(np.float32)
    return logits, random.randint(0, width, count)


def added(*parts) -> Totals:
    found = Totals()
    for logits, classes in parts:
        one = Totals()
        one.add(logits, classes)
        found.merge([one])
    return found


def test_no_order_changes_a_digit():
    logits, classes = drawn()
    parts = [(logits[i : i + 32], classes[i : i + 32]) for i in range(0, 200, 32)]
    whole = added((logits, classes))
    assert added(*parts) == added(*parts[::-1]) == whole
    assert Totals.from_json(json.loads(json.dumps(whole.to_json()))) == whole


def test_figures_are_those_of_the_definitions():
    logits, classes = drawn()
    figures = metrics.summarize(added((logits, classes)), ())
    order = np.argsort(-logits, axis=1)
    assert figures.top1 == np.mean(order[:, 0] == classes)
    assert figures.top5 == np.mean((order[:, :5] == classes[:, None]).any(1))
    exact = logits.astype(np.float64)
    probabilities = np.exp(exact) / np.exp(exact).sum(1, keepdims=True)
    assert figures.loss == pytest.approx(-np.log(probabilities[range(200), classes]).mean())
    sure, right = probabilities.max(1), order[:, 0] == classes
    bins = np.digitize(sure, np.linspace(0, 1, 16)[1:-1])
    error = sum(abs((right[bins == b]).sum() - sure[bins == b].sum()) for b in range(15)) / 200
    assert figures.calibration_error == pytest.approx(error)


def test_of_equal_logits_the_first_comes_first():
    found = added((np.zeros([7, 7], np.float32), np.arange(7)))
    assert (found.top1, found.top5) == (1, 5)


def test_pairs_are_those_that_are_confused_most():
    logits = np.eye(3, dtype=np.float32)[[1, 1, 2, 0]]
    figures = metrics.summarize(added((logits, np.array([0, 0, 1, 0]))), ("a", "b"))
    assert [(p.name, p.answer_name, p.count) for p in figures.confusions] == [
        ("a", "b", 2),
        ("b", "", 1),
    ]
    assert [(c.name, c.count, c.top1) for c in figures.per_class] == [("a", 3, 1 / 3), ("b", 1, 0)]
