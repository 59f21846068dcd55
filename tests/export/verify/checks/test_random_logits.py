"""Random logits: those of a dropout pass whatever it drops, others do not."""

import numpy as np
import pytest

from slimhub.export.verify.checks import random_logits


def network(seed, width, classes):
    random = np.random.RandomState(seed)
    features = np.maximum(random.normal(size=(2, width)), 0)
    return random, features, random.normal(size=(width, classes)), random.normal(size=classes)


def drop(random, features, kernel, bias, keep):
    mask = random.uniform(size=features.shape) < keep
    return ((features * mask / keep) @ kernel + bias).astype(np.float32)


@pytest.mark.parametrize("classes", [1, 2, 5, 1000])
@pytest.mark.parametrize("keep", [0.999, 0.99, 0.8, 0.5])
@pytest.mark.parametrize("width", [16, 256, 1024])
def test_no_draw_of_a_right_dropout_is_refused(width, keep, classes):
    for seed in range(25):
        random, *parts = network(seed, width, classes)
        logits = drop(random, *parts, keep)
        assert random_logits.complaint(logits, *parts, keep) == ""


@pytest.mark.parametrize("keep", [0.999, 0.99, 0.8, 0.5])
def test_wrong_dropouts_are_refused(keep):
    random, *parts = network(1, 256, 1000)
    features, kernel, bias = parts
    for logits in (
        (features @ kernel + bias).astype(np.float32),  # none
        drop(random, *parts, 1 - keep) if keep != 0.5 else drop(random, *parts, 0.01),
        drop(random, features, kernel, bias + 100, keep),
        drop(random, features, kernel[:, ::-1], bias, keep) + 50,
        np.full((2, 1000), np.nan, np.float32),
    ):
        assert random_logits.complaint(logits, *parts, keep)


def test_a_head_of_zeros_gives_its_bias():
    _, features, kernel, bias = network(1, 256, 1000)
    for keep in (0.999, 0.5):
        logits = np.tile(bias, (2, 1)).astype(np.float32)
        assert (
            random_logits.complaint(logits, features, kernel * 0, bias.astype(np.float32), keep)
            == ""
        )
        assert random_logits.complaint(logits + 1, features, kernel * 0, bias, keep)
