"""Exports that are evaluated before they are published."""

import dataclasses
import shutil

import pytest

from slimhub import zoo
from slimhub.cli import zoo_tables
from slimhub.common.errors import EvaluationError, ExportError, RequestError
from slimhub.evaluate import evaluation_client
from slimhub.zoo import zoo_worker
from slimhub.zoo.jobs import JobOutcome
from tests.zoo.conftest import DIGITS

EVALUATE = 'evaluate = "data"\nevaluate_preprocessing = "resize"\nat_least = 0.95\n'


def plan(manifest, text):
    return zoo.plan(manifest(DIGITS + text))


def test_a_manifest_asks_for_an_evaluation(manifest, place):
    (job,) = plan(manifest, EVALUATE)
    assert job.evaluation.artifact == job.request.output
    assert job.evaluation.data == str(place.resolve() / "data")
    assert (job.evaluation.preprocessing, job.evaluation.at_least) == ("resize", 0.95)
    assert plan(manifest, "")[0].evaluation is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at_least = 0.5\n", "'at_least' needs 'evaluate'"),
        (EVALUATE.replace("0.95", "95"), "`at_least` must be a fraction from 0 to 1"),
        (EVALUATE.replace("resize", "zoom"), "`preprocessing` must be slim"),
        ("evaluate = 3\n", "'evaluate' must be a non-empty string"),
    ],
)
def test_refused(manifest, text, message):
    with pytest.raises(RequestError, match=message):
        plan(manifest, text)


def test_an_export_is_evaluated_once(manifest, digit_data, sample_artifact, monkeypatch):
    (job,) = plan(manifest, EVALUATE.replace('"data"', f'"{digit_data.named}"'))
    shutil.copytree(sample_artifact("classification"), job.request.output)
    phases = []
    assert zoo_worker._evaluate(job.evaluation, "run", phases.append) == digit_data.right / 360
    assert phases[-1] == "classifying"
    assert not zoo_worker._evaluations

    def refuse(*_):
        raise AssertionError("a second process was started")

    monkeypatch.setattr(evaluation_client, "_START", refuse)
    assert zoo_worker._evaluate(job.evaluation, "run", phases.append) == digit_data.right / 360
    barred = dataclasses.replace(job.evaluation, at_least=0.99)
    with pytest.raises(EvaluationError, match=r"below `at_least=0\.99`"):
        zoo_worker._evaluate(barred, "run", phases.append)
    other = dataclasses.replace(job.evaluation, preprocessing="slim")
    with pytest.raises(AssertionError, match="second process"):
        zoo_worker._evaluate(other, "run", phases.append)
    monkeypatch.setattr(zoo_worker, "_stopped", {"run"})
    with pytest.raises(ExportError, match="interrupted"):
        zoo_worker._evaluate(other, "run", phases.append)


def test_the_table_says_what_was_measured_and_what_others_published(sample_artifact):
    assert zoo_worker._published_top1(sample_artifact("classification")) is None  # other weights
    outcomes = [
        JobOutcome("out/a", "exported", top1=0.97777),
        JobOutcome("out/b", "exported"),
        JobOutcome("out/c", "exported", top1=0.6512, published_top1=0.654),
    ]
    assert zoo_tables.outcomes_as_text(outcomes)[2:] == [
        "top-1 measured  published for ImageNet  output",
        "97.78%                                  out/a",
        "65.12%          65.4%                   out/c",
    ]
