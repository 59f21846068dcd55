"""How long calls take, and where that is written."""

import pytest

from slimhub.cli import benchmark_command
from slimhub.common.errors import ExportError, RequestError
from slimhub.evaluate import evaluation_record, latency, latency_process
from tests.fixtures import evaluations


@pytest.fixture
def short(monkeypatch):
    """Times a few calls only."""
    monkeypatch.setattr(latency_process, "WARM_UP", 1)
    monkeypatch.setattr(latency_process, "CALLS", 5)


def test_calls_are_timed(model, short):
    for batch in (1, 3):
        found = latency_process.time_calls(model, batch)
        assert 0 < found["median"] <= found["p90"]
        assert found["calls"] == 5


def test_a_process_times_a_file_and_figures_keep_that(converted, short, tmp_path):
    file = tmp_path / "digits.tflite"
    file.write_bytes(converted(".tflite").read_bytes())
    (bare,) = latency.measure([str(file)], [1], [1])
    assert bare.path is None
    evaluations.write_beside(file)
    (found,) = latency.measure([str(file)], [1, 2], [1])
    assert found.format == "LiteRT"
    assert [(one.batch, one.threads) for one in found.latencies] == [(1, 1), (2, 1)]
    assert evaluation_record.read(file).latency == found.latencies
    assert found.cpu.endswith("cores")
    assert any("digits.tflite, LiteRT" in line for line in benchmark_command.lines([found]))
    with file.open("ab") as changed:
        changed.write(b"\0")
    (other,) = latency.measure([str(file)], [1], [1])
    assert other.path is None, "the latency of another file was added to figures"


@pytest.mark.parametrize(
    ("batches", "threads", "message"),
    [([0], [1], "`batch` must be numbers from 1"), ([1], [5000], "`threads` must be numbers")],
)
def test_refused(model, batches, threads, message):
    with pytest.raises(RequestError, match=message):
        latency.measure([str(model.folder)], batches, threads)


def test_an_artifact_is_refused_for_any_use(monkeypatch, sample_artifact):
    from slimhub.evaluate.models.saved_model_runner import SavedModelRunner

    def choose(runner, shape):
        raise runner._refusal("images are not square")

    monkeypatch.setattr(SavedModelRunner, "_choose_size", choose)
    with pytest.raises(ExportError, match="cannot be used: images are not square"):
        SavedModelRunner(sample_artifact("classification"))


def test_a_file_that_cannot_be_run_is_named(tmp_path):
    (tmp_path / "a.tflite").write_bytes(b"nothing")
    with pytest.raises(ExportError, match=r"a\.tflite is not a LiteRT file that can be run"):
        latency.measure([str(tmp_path / "a.tflite")], [1], [1])
