"""The same sums, whoever computes the shards, and however often the work is interrupted."""

import psutil
import pytest

from slimhub.common.errors import EvaluationError, RequestError
from slimhub.evaluate import EvaluationRequest, evaluation, finished_shards, shard_sums
from slimhub.evaluate.datasets import dataset

SHARDS = 8  # of 45 digits


@pytest.fixture
def request_of(classifier, digit_data, monkeypatch):
    """An evaluation of the sample in many shards."""
    monkeypatch.setattr(dataset, "SHARD", 45)

    def make(**options):
        options = {"preprocessing": "resize", **options}
        return EvaluationRequest(str(classifier), str(digit_data.named), **options)

    return make


@pytest.fixture
def whole(model, request_of, classifier):
    """What an undisturbed run of one process finds."""
    found = evaluation.measure(model, request_of().dataset(), request_of())
    assert not partial(classifier).exists()
    return found.totals


def partial(classifier):
    return classifier.with_name("digits.evaluation.json.partial")


def test_finished_shards_are_not_computed_again(model, request_of, whole, classifier, monkeypatch):
    wanted = request_of()

    def interrupt(done, total):
        if done > 3 * 45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="3 of 8 shards are done and kept: the same comma"):
        evaluation.measure(model, wanted.dataset(), wanted, interrupt)
    with partial(classifier).open("a") as file:
        file.write('{"shard": 7, "totals"')  # killed while it wrote
    computed, progress = [], []
    compute = shard_sums.compute

    def count(*arguments):
        for number, sums in compute(*arguments):
            computed.append(number)
            if number == 5:
                raise KeyboardInterrupt
            yield number, sums

    monkeypatch.setattr(shard_sums, "compute", count)
    with pytest.raises(KeyboardInterrupt):
        evaluation.measure(model, wanted.dataset(), wanted)
    assert computed == [3, 4, 5]
    monkeypatch.setattr(shard_sums, "compute", compute)
    found = evaluation.measure(
        model, wanted.dataset(), wanted, lambda done, total: progress.append(done)
    )
    assert found.totals == whole
    assert (min(progress), max(progress)) == (5 * 45 + 32, 360)
    assert not partial(classifier).exists()


def test_another_evaluation_does_not_take_them(request_of, whole, classifier):
    place = classifier.with_name("digits.evaluation.json")
    first = finished_shards.FinishedShards(place, {"data": 1}, SHARDS)
    first.add(2, whole)
    assert finished_shards.FinishedShards(place, {"data": 1}, SHARDS).found == {2: whole}
    assert finished_shards.FinishedShards(place, {"data": 2}, SHARDS).found == {}
    partial(classifier).write_text("nonsense\n[1]\n")
    assert finished_shards.FinishedShards(place, {"data": 1}, SHARDS).found == {}


def is_worker(child):
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:  # it has ended
        return False


@pytest.mark.slow
def test_workers_find_the_same_though_one_is_killed(model, request_of, whole):
    wanted = request_of(jobs=2)
    killed, progress = [], []

    def kill(done, total):
        progress.append(done)
        if not killed:
            worker = next(filter(is_worker, psutil.Process().children(recursive=True)))
            killed.append(worker.pid)
            worker.kill()

    found = evaluation.measure(model, wanted.dataset(), wanted, kill)
    assert killed
    assert found.totals == whole
    assert progress[-1] == 360


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jobs": 0}, "`jobs` must be at least 1"),
        ({"jobs": 2, "scheduler": "tls://localhost:1"}, "does not apply to `scheduler`"),
    ],
)
def test_refused(request_of, options, message):
    with pytest.raises(RequestError, match=message):
        request_of(**options).check_options()


def test_a_scheduler_that_does_not_answer_is_named(model, request_of, monkeypatch):
    monkeypatch.setattr("slimhub.common.dask_clusters.ANSWER", 0.2)
    wanted = request_of(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(EvaluationError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        evaluation.measure(model, wanted.dataset(), wanted)
