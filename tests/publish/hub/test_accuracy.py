"""Which accuracy pages compare versions by."""

import dataclasses

from slimhub.publish.hub import accuracy
from slimhub.publish.hub.accuracy import IMAGENET, Accuracy
from slimhub.publish.hub.index import Index
from tests.fixtures import hub_sites
from tests.fixtures.hub_sites import figures


def version(*measured):
    (found,) = (
        hub_sites.add(Index(), "a/net", "mobilenet_v3_small_075_224", "classification")
        .models["a/net"]
        .values()
    )
    return dataclasses.replace(found, measured=measured)


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


def test_a_probe_of_features_is_told_from_logits():
    probed = version(figures(0.9, "digits", method="linear probe"))
    assert accuracy.of(probed) == Accuracy(90.0, "digits, linear probe", True)
