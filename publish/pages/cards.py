"""Cards: what people read of a model on Kaggle and Hugging Face, from its record."""

from __future__ import annotations

import re
from typing import Any

from slimhub.common import files
from slimhub.publish.package import Package
from slimhub.publish.pages import network_facts, sections, template_values

_DESCRIPTION = ("kaggle_description", "citation")
_OVERVIEW = ("summary", "overview", "training", "cost", "verification", "provenance", "licence")
_README = (
    "card_title",
    "savedmodel",
    "overview",
    "training",
    "card_usage",
    "cost",
    "verification",
    "provenance",
    "licence",
    "citation",
)
_PIPELINES = {
    "feature_vector": "image-feature-extraction",
    "classification": "image-classification",
}
# Ends a text that tells of a version: whoever edits the text is found by the digest.
_MARK = "<!-- slimhub wrote this, sha256 {} -->"
_MARKED = re.compile(r"(.*?)\s*" + _MARK.format("([0-9a-f]{64})"), re.DOTALL)
_DATASETS = {network_facts.IMAGENET: "ILSVRC/imagenet-1k"}  # ids there, where they are other ones


def kaggle(package: Package, load: str) -> dict[str, str]:
    """Texts of a model and its variation on Kaggle.

    Args:
      package: to be published.
      load: Python that loads it from there.

    Returns:
      `description` of the model; `overview`, `usage`, `training data` (one per line, absent where
      none is known) and `fine-tunable` of the variation.

    Raises:
      PublishError: for a record that tells of an unknown network.
    """
    values = _values(package, load)
    texts = {
        "description": sections.render(values, _DESCRIPTION),
        "overview": _marked(sections.render(values, _OVERVIEW)),
        "usage": _marked(sections.render(values, ("card_usage",))),
        "fine-tunable": "yes",
    }
    return texts | ({"training data": values["dataset"]} if values["dataset"] else {})


def huggingface(package: Package, load: str, title: str, license: str | None) -> str:
    """The README of a repository on Hugging Face.

    The record holds no accuracy that was measured, so the metadata has no `model-index`.

    Args:
      package: to be published.
      load: Python that loads it from there.
      title: first line.
      license: as Hugging Face calls it.

    Raises:
      PublishError: for a record that tells of an unknown network.
    """
    from huggingface_hub import ModelCard, ModelCardData

    values = _values(package, load) | {"title": title}
    dataset = values["dataset"]
    data = ModelCardData(
        library_name="tf-keras",
        pipeline_tag=_PIPELINES[package.record.task],
        license=license,
        datasets=[_DATASETS.get(dataset, dataset)] if dataset else None,
        tags=_tags(values),
    )
    card = ModelCard(f"---\n{data.to_yaml()}\n---\n\n{sections.render(values, _README)}")
    return _marked(str(card))


def unmarked(text: str) -> str:
    """A text as people read it: without the mark that tells who wrote it.

    Args:
      text: a card, from here or from a place.
    """
    plain = _plain(text)
    found = _MARKED.fullmatch(plain)
    return found[1] if found else plain


def is_own(text: str) -> bool:
    """Whether a card was written here, and not edited since.

    Args:
      text: from a place.
    """
    found = _MARKED.fullmatch(_plain(text))
    return found is not None and found[2] == _digest(found[1])


def _marked(text: str) -> str:
    plain = _plain(text)
    return f"{plain}\n\n{_MARK.format(_digest(plain))}\n"


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _digest(text: str) -> str:
    return files.digest_text(text).sha256


def _values(package: Package, load: str) -> dict[str, Any]:
    told = template_values.values(package.record, license=package.license, dataset=package.dataset)
    return told | {"load": load, "sibling": None}


def _tags(values: dict[str, Any]) -> list[str]:
    family = values["spec"].family if values["spec"] else ""
    slug = re.sub(r"[^a-z0-9]+", "-", family.lower()).strip("-")
    return ["tensorflow", "tf-slim", "tensorflow-hub", *([slug] if slug else [])]
