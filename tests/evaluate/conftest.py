"""The sample's classifier in every format."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from slimhub.export.formats import ConversionRequest, convert


@pytest.fixture(scope="session")
def model(sample_artifact):
    """The sample's classifier, loaded once."""
    from slimhub.evaluate.models.saved_model_runner import SavedModelRunner

    return SavedModelRunner(sample_artifact("classification"))


@pytest.fixture(scope="session")
def converted(shared, sample_artifact):
    """The sample in another format, by suffix."""

    def make(suffix: str) -> Path:
        def write_file(folder: Path):
            artifact = str(sample_artifact("classification"))
            return convert(ConversionRequest(artifact, str(folder / f"digits{suffix}")))

        # The same that the tests of conversions make.
        return Path(shared.once(f"converted{suffix}", write_file).path)

    return make


@pytest.fixture
def classifier(sample_artifact, tmp_path) -> Path:
    """A copy of the sample's artifact, beside which records may be written."""
    return Path(shutil.copytree(sample_artifact("classification"), tmp_path / "digits"))


@pytest.fixture
def few(digit_data, tmp_path):
    """Two pictures of each of the digits, in class folders by number."""
    for number in range(10):
        (tmp_path / "few" / str(number)).mkdir(parents=True)
        for path in sorted((digit_data.numbered / str(number)).iterdir())[:2]:
            shutil.copy(path, tmp_path / "few" / str(number))
    return tmp_path / "few"
