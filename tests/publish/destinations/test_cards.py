"""Cards: they say what the record holds, and nothing else."""

from pathlib import Path

import huggingface_hub
import pytest

from slimhub import nets
from slimhub.publish.package import Package
from slimhub.publish.pages import cards
from tests.fixtures import records

EVIL = "x`\n---\n# <script>${{{|"


def package(content, **options):
    return Package(Path("nowhere"), content, {}, **options)


def readme(content, license=None, **options):
    text = cards.huggingface(package(content, license=license, **options), "LOAD", "net", license)
    return huggingface_hub.ModelCard(text)


@pytest.mark.parametrize("task", nets.TASKS)
@pytest.mark.parametrize("network", nets.names())
def test_every_network_has_cards(network, task):
    content = records.make(network, task)
    texts = cards.kaggle(package(content), "LOAD")
    assert f"`{network}`" in texts["overview"]
    assert "```python\nLOAD\n```" in texts["usage"]
    assert f"`{network}`" in readme(content).text


@pytest.mark.parametrize(
    ("task", "pipeline"),
    [("feature_vector", "image-feature-extraction"), ("classification", "image-classification")],
)
def test_metadata(task, pipeline):
    data = readme(records.make(task=task), license="apache-2.0").data.to_dict()
    assert data == {
        "library_name": "tf-keras",
        "pipeline_tag": pipeline,
        "license": "apache-2.0",
        "datasets": ["ILSVRC/imagenet-1k"],
        "tags": ["tensorflow", "tf-slim", "tensorflow-hub", "mobilenet-v3"],
    }


def test_cards_install_what_their_examples_import():
    content = records.make()
    usage = cards.kaggle(package(content), "LOAD")["usage"]
    for text, client in ((usage, "kagglehub"), (readme(content).text, "huggingface-hub")):
        assert f'"setuptools<81" {client}\n' in text


def test_data_is_claimed_only_where_it_is_known():
    for content in (records.own(), records.make(source=("model.ckpt-7", "mine.tgz"))):
        texts = cards.kaggle(package(content), "LOAD")
        assert "training data" not in texts
        assert "trained on ImageNet" not in texts["overview"]
        card = readme(content)
        assert card.data.datasets is None
        assert "trained on ImageNet" not in card.text
        stated = cards.kaggle(package(content, dataset="flowers"), "LOAD")
        assert stated["training data"] == "flowers"
        assert readme(content, dataset="flowers").data.datasets == ["flowers"]


def test_values_stay_in_their_places():
    content = records.make(source=(EVIL, EVIL))
    for text in (*cards.kaggle(package(content), "LOAD").values(), readme(content).text):
        assert "\n# <script>" not in text
        assert "\n---\n#" not in text


def test_a_card_knows_whether_it_was_edited():
    text = cards.kaggle(package(records.make()), "LOAD")["overview"]
    assert cards.is_own(text)
    assert cards.is_own(text.strip().replace("\n", "\r\n"))
    assert not cards.is_own(text.replace("a", "b", 1))
    assert not cards.is_own(text + "more")
    assert not cards.is_own(cards.unmarked(text))
    assert text.startswith(cards.unmarked(text))
    assert "<!--" not in cards.unmarked(text)
