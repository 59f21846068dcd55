"""Figures that were measured: where they are published, and that none is of another artifact."""

import dataclasses
import json
import re

import pytest

from slimhub.common.errors import EvaluationError, PublishError
from slimhub.evaluate import evaluation_record
from slimhub.evaluate.evaluation_record import Latency
from slimhub.publish.destinations import delivery
from slimhub.publish.hub import index
from slimhub.publish.package import Package
from slimhub.publish.pages import cards, measured_figures, statements
from tests.fixtures import evaluations, records
from tests.publish.conftest import HANDLE

ROW = "| SavedModel | pets&#124;x, test | 100 | 88.00 | 80.19 to 93.00 | 95.00 |"


def test_a_hub_shows_measured_figures_before_published_ones(copied, put, tmp_path):
    hub, beside = tmp_path / "hub", evaluations.write_beside(copied)
    put(copied, hub)
    page = (hub / f"{HANDLE}.md").read_text()
    assert ROW in page
    assert page.index("Measured on this model") < page.index("These figures were published")
    assert "the central 87.5% of both sides, resized" in page
    (figures,) = index.read(hub).models[HANDLE.rpartition("/")[0]][5].measured
    assert (figures.top1, figures.data, figures.split) == (0.88, "pets|x", "test")
    kept = hub / f"{HANDLE}.evaluation.json"
    assert kept.read_bytes() == beside.read_bytes()
    assert "88.00" in (hub / f"{HANDLE}.html").read_text()
    assert put(copied, hub).change == "none"
    beside.unlink()
    assert put(copied, hub).change == "none", "figures of a published version were taken back"
    timed = evaluations.record(copied, right=90)
    times = Latency(batch=8, threads=2, median=1.234, p90=2, calls=100, cpu="a CPU, 2 cores")
    dataclasses.replace(timed, latency=(times,)).write(beside)
    assert put(copied, hub).change == "page"
    page = (hub / f"{HANDLE}.md").read_text()
    assert "measured with `slimhub benchmark` on a CPU, 2 cores:" in page
    assert "| SavedModel | 8 | 2 | 1.23 | 2.00 |" in page
    assert json.loads(kept.read_text())["top1"] == 0.9


def test_figures_of_another_artifact_are_not_published(copied, put, tmp_path):
    beside = evaluations.write_beside(copied)
    beside.write_text(beside.read_text().replace('"sha256": "', '"sha256": "0', 1))
    put(copied, tmp_path / "hub")
    assert "Measured" not in (tmp_path / "hub" / f"{HANDLE}.md").read_text()
    options = delivery.PublishOptions(require_evaluation=True)
    with pytest.raises(PublishError, match=r"was changed since it was evaluated, and was not publ"):
        delivery.pack(copied, options)
    beside.write_text("{}")
    with pytest.raises(EvaluationError, match=r"copied\.evaluation\.json is not an evaluat"):
        delivery.pack(copied, options)
    beside.unlink()
    with pytest.raises(PublishError, match=r"has no evaluation record.*`require_evaluation`"):
        delivery.pack(copied, options)
    evaluations.write_beside(copied)
    assert delivery.pack(copied, options).measured[0].top1 == 0.88


def test_features_say_what_learned_from_them(copied, put, tmp_path):
    probed = evaluations.record(copied)
    probed = dataclasses.replace(probed, method="linear probe", neighbors=0.9123)
    probed.write(evaluation_record.path_of(copied))
    put(copied, tmp_path / "hub")
    page = (tmp_path / "hub" / f"{HANDLE}.md").read_text()
    assert "| SavedModel, linear probe | pets" in page
    assert "The 20 nearest of those by cosine name 91.23 % correctly." in page


def measured(copied):
    return measured_figures.of_records({"": evaluations.record(copied)})


def test_cards_say_what_was_measured(copied):
    package = Package(copied, records.make(task="classification"), {}, measured=measured(copied))
    text = cards.huggingface(package, "LOAD", "net", None, "v1")
    assert ROW in text
    metadata = text.split("---")[1]
    assert re.search(r"model-index:\n- name: net\n", metadata)
    assert "type: image-classification" in metadata
    assert "value: 0.88\n" in metadata
    assert "split: test" in metadata
    assert ROW in cards.kaggle(package, "LOAD")["overview"]
    bare = Package(copied, records.make(), {})
    assert "model-index" not in cards.huggingface(bare, "LOAD", "net", None)
    said = statements.read(text, "v1")
    assert statements.over(bare, said).measured == package.measured


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", '[{"format": "SavedModel"}]'])
def test_a_changed_note_has_no_figures(text):
    assert measured_figures.parse(text) == ()


def test_impossible_figures_are_not_read(copied):
    text = measured_figures.dump(measured(copied))
    assert measured_figures.parse(text) == measured(copied)
    assert measured_figures.parse(text.replace("0.88", "88.0")) == ()
