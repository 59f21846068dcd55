"""One conversion of the sample in each format, which many tests read."""

import shutil

import pytest

from slimhub.export.formats import (
    ConversionRequest,
    convert,
    expectation,
    runtime_client,
    runtime_process,
)
from slimhub.export.formats.agreement import FLOORS
from slimhub.export.formats.convertible import Convertible


@pytest.fixture(scope="session")
def digits(sample_artifact):
    """The sample with its labels: ten digits, images of 32 pixels, trained weights."""
    return sample_artifact("classification")


@pytest.fixture(scope="session")
def converted(shared, digits):
    """The sample in a format, by suffix, as `convert` returns it."""

    def make(suffix):
        def write(folder):
            return convert(ConversionRequest(str(digits), str(folder / f"digits{suffix}")))

        return shared.once(f"converted{suffix}", write)

    return make


@pytest.fixture(scope="session")
def expected(digits):
    """What a file in float of the sample has to be."""
    return expectation.expect(Convertible(digits), FLOORS["none"])


@pytest.fixture
def in_process(monkeypatch):
    """Has the runtimes run in this process: a fresh one takes a second."""

    def work(name, **request):
        return {"run": runtime_process.run, "quantize": runtime_process.quantize}[name](**request)

    monkeypatch.setattr(runtime_client, "work", work)


@pytest.fixture
def copied(digits, tmp_path):
    """A copy of the sample that a test may change."""
    return shutil.copytree(digits, tmp_path / "artifact")
