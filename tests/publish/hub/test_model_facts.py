"""Figures of versions in the index: where they are from, and which are believed."""

import json

import pytest

from slimhub import nets
from slimhub.common.errors import PublishError
from slimhub.publish.hub import index
from slimhub.publish.hub.index import Index
from slimhub.publish.hub.model_facts import ModelFacts
from tests.fixtures import hub_sites, records

NETWORK = "mobilenet_v3_small_075_224"


def test_a_published_accuracy_belongs_to_the_public_checkpoint_alone():
    public = ModelFacts.of_record(records.make(task="classification"))
    assert (public.image_size, public.size_is_free, public.width) == (224, False, 1001)
    assert public.macs == nets.count_macs(NETWORK)
    assert public.published_top1 == 65.4
    private = ModelFacts.of_record(records.make(source=("model.ckpt-1", "mine.tgz")))
    assert private.published_top1 is None
    assert private.width == 1024
    other = ModelFacts.of_record(records.make(image_size=128))
    assert (other.image_size, other.published_top1) == (128, None)
    own = ModelFacts.of_record(records.own())
    assert (own.macs, own.published_top1) == (None, None)


def test_the_index_keeps_facts_and_reads_those_of_early_releases():
    written = hub_sites.add(Index(), "acme/net", NETWORK, "classification").dump()
    assert index.parse(written.encode(), "x").dump() == written
    content = json.loads(written)
    for key in ("facts", "published"):
        del content["models"]["acme/net"][0][key]
    (old,) = index.parse(json.dumps(content).encode(), "x").models["acme/net"].values()
    assert (old.facts, old.published) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {"macs": -1}},
        {"facts": {"parameters": "many"}},
        {"facts": {"published_top1": 101}},
        {"facts": {"published_top1": float("nan")}},
        {"published": "<b>today</b>"},
    ],
)
def test_figures_that_no_version_has_are_refused(change):
    content = json.loads(hub_sites.add(Index(), "acme/net", NETWORK, "classification").dump())
    entry = content["models"]["acme/net"][0]
    entry["facts"] |= change.get("facts", {})
    entry |= {key: value for key, value in change.items() if key != "facts"}
    with pytest.raises(PublishError, match="is not the index of a hub"):
        index.parse(json.dumps(content).encode(), "x")
