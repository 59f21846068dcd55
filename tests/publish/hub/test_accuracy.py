"""Which accuracy pages compare versions by."""

import dataclasses
from types import SimpleNamespace

from slimhub.publish.hub import accuracy
from slimhub.publish.hub.accuracy import IMAGENET, Accuracy
from slimhub.publish.hub.index import Index
from tests.fixtures import hub_sites


def version(*measured):
    (found,) = (
        hub_sites.add(Index(), "a/net", "mobilenet_v3_small_075_224", "classification")
        .models["a/net"]
        .values()
    )
    object.__setattr__(found, "measured", measured)
    return found


def figures(top1, data, format="SavedModel"):
    return SimpleNamespace(format=format, data=data, top1=top1)


def test_measured_accuracies_come_before_the_published_one():
    published = Accuracy(65.4, IMAGENET, False)
    assert accuracy.of(version()) == published
    assert accuracy.of(version(figures(0.5, "digits", "LiteRT"))) == published
    digits = figures(0.5, "digits")
    assert accuracy.of(version(digits)) == Accuracy(50.0, "digits", True)
    both = version(digits, figures(0.25, "imagenet2012"))
    assert accuracy.of(both) == Accuracy(25.0, IMAGENET, True)


def test_a_version_may_have_none():
    facts = dataclasses.replace(version().facts, published_top1=None)
    assert accuracy.of(dataclasses.replace(version(), facts=facts)) is None
    assert accuracy.of(dataclasses.replace(version(), facts=None)) is None
