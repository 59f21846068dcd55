"""What only Kaggle does."""

import importlib.util

import pytest

import export
import publish


@pytest.fixture
def kaggle(start):
    return start("kaggle")


def test_a_version_that_is_processed_is_waited_for(kaggle, pack, waits):
    kaggle.place.processing = 2
    kaggle.publish(pack())
    assert waits == [5.0, 5.0]


def test_a_version_that_never_appears_is_told(kaggle, pack):
    kaggle.place.processing = 1000
    with pytest.raises(publish.PublishError, match=r"not processed version 1 .* after 10 minutes"):
        kaggle.publish(pack())


def test_a_licence_stays(kaggle, pack):
    kaggle.publish(pack(license="apache-2.0"))
    with pytest.raises(publish.PublishError, match=r"under the licence 'Apache 2\.0', not 'MIT'"):
        kaggle.plan(pack(license="mit"))


def test_new_models_are_private(kaggle, pack):
    kaggle.publish(pack())
    assert kaggle.place.models["owner", "net"]["isPrivate"]


def test_a_missing_extra_is_one_sentence(kaggle, pack, monkeypatch):
    find = importlib.util.find_spec
    without = lambda name: None if name == "kagglehub" else find(name)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(export.RequestError, match=r"pip install 'slimhub\[kaggle\]'$"):
        kaggle.destination.check(pack())
