"""The identity of an export: by what two of them are the same."""

import dataclasses

import pytest

from slimhub import nets
from slimhub.export import identity, record_draft
from slimhub.export.identity import Identity
from slimhub.export.record_parts import RecordedLabels
from tests.fixtures import records

SPEC = nets.get("inception_v1")
SAME = Identity(
    release="0.1.0",
    task="classification",
    network=record_draft.describe_network(SPEC),
    labels=RecordedLabels(count=3, source="a.txt", sha256="5e" * 32),
    checkpoint="5f" * 32,
    checkpoint_name=None,
    averages="auto",
    proof="full",
    ignore_leftover="/gamma$",
    scope="model",
)
CHANGES = {
    "release": "0.1.1",
    "task": "feature_vector",
    "network": dataclasses.replace(SAME.network, weight_decay=0.5),
    "labels": dataclasses.replace(SAME.labels, sha256="60" * 32),
    "checkpoint": "61" * 32,
    "checkpoint_name": "model.ckpt-7",
    "averages": "raw",
    "proof": "quick",
    "ignore_leftover": "/squeeze/",
    "scope": "tower",
}


def differing(one, other):
    return {name for name, digest in one.fields().items() if other.fields()[name] != digest}


def test_every_field_is_tried():
    assert set(CHANGES) == {field.name for field in dataclasses.fields(Identity)}


@pytest.mark.parametrize("name", CHANGES)
def test_each_field_changes_the_identity_and_is_named(name):
    other = dataclasses.replace(SAME, **{name: CHANGES[name]})
    assert other.to_record().sha256 != SAME.to_record().sha256
    assert differing(SAME, other) == {name}


@pytest.mark.parametrize(
    "options",
    [
        {"num_classes": 7},
        {"image_size": 96},
        {"image_size": "96x128"},
        {"channels": 4},
        {"last_layer": "Mixed_4b"},
        {"batch_norm": "no"},
        {"feature_depth": 96},
        {"drop_background": True},
    ],
    ids=str,
)
def test_each_option_changes_the_options_and_the_network(options):
    network = record_draft.describe_network(SPEC.customized(**options))
    other = dataclasses.replace(SAME, network=network)
    assert differing(SAME, other) == {"network", "options"}


def test_other_options_of_other_networks_count_too():
    spec = nets.get("mobilenet_v3_small_075_224")
    plain = dataclasses.replace(SAME, network=record_draft.describe_network(spec))
    for options in ({"depth_multiplier": 0.5}, {"free_size": True}, {"output_stride": 16}):
        network = record_draft.describe_network(spec.customized(**options))
        found = differing(plain, dataclasses.replace(plain, network=network))
        assert found == {"network", "options"}


def test_the_same_again_is_the_same():
    assert dataclasses.replace(SAME).to_record() == SAME.to_record()
    # The digest is over canonical JSON, so that others can compute it as well.
    assert identity.digest({"b": (1, 2.5), "a": None}) == (
        "e57f5d37865437a82e1108bafb4e5213dfe7e9085f5c253341ebbab30cac5faf"
    )


def test_a_record_that_was_changed_is_found_by_its_fields():
    made = records.make("inception_v1", "classification")
    assert identity.recorded_fields(made) == made.identity.fields
    changed = dataclasses.replace(made, network=CHANGES["network"])
    found = identity.recorded_fields(changed)
    assert {name for name in found if found[name] != made.identity.fields[name]} == {"network"}
