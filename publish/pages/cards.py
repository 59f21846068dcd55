"""Cards: what people read of a model on Kaggle and Hugging Face, from its record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from slimhub.common import files
from slimhub.evaluate.evaluation_record import LOGITS
from slimhub.evaluate.models.image_model import SAVED_MODEL
from slimhub.publish.package import Package
from slimhub.publish.pages import (
    class_names,
    format_usage,
    markdown,
    network_facts,
    sections,
    statements,
    template_values,
)

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_DESCRIPTION = ("kaggle_description", "citation")
_OVERVIEW = (
    "summary",
    "overview",
    "variants",
    "accuracy",
    "cost",
    "training",
    "provenance",
    "proof",
    "license",
)
_USAGE = ("usage", "fine_tuning", "endpoints")
_README = (
    "card_title",
    "overview",
    "usage",
    "variants",
    "accuracy",
    "fine_tuning",
    "endpoints",
    "cost",
    "training",
    "provenance",
    "proof",
    "license",
    "citation",
    "changelog",
)
_PIPELINES = {
    "feature_vector": "image-feature-extraction",
    "classification": "image-classification",
}
# Ends a text that tells of a version: whoever edits the text is found by the digest.
_MARK = "<!-- slimhub wrote this, sha256 {} -->"
_MARKED = re.compile(r"(.*?)\s*" + _MARK.format("([0-9a-f]{64})"), re.DOTALL)
_FORMAT_TAGS = {".tflite": "tflite", ".onnx": "onnx"}  # as Hugging Face has them
_DATASETS = {network_facts.IMAGENET: "ILSVRC/imagenet-1k"}  # ids there, where they are other ones


def kaggle(
    package: Package, load: str, version: str = "", suffix: str | None = None
) -> dict[str, str]:
    """Texts of a model and its variation on Kaggle.

    Args:
      package: to be published.
      load: Python that loads it from there.
      version: that it becomes there.
      suffix: of the file of another format that is published in its place, or None.

    Returns:
      `description` of the model; `overview`, `usage`, `training data` (one per line, absent where
      none is known) and `fine-tunable` of the variation.

    Raises:
      PublishError: for a record that tells of an unknown network.
    """
    values = _values(package, load, "kagglehub")
    texts = {
        "description": sections.render(values, _DESCRIPTION),
        "overview": _marked(
            statements.with_note(sections.render(values, _OVERVIEW), package, version)
        ),
        "usage": _marked(sections.render(values, _USAGE)),
        "fine-tunable": "yes",
    }
    if suffix is not None:
        usage = f"```python\n{load}\n```\n{format_usage.render([suffix])}"
        texts |= {"usage": _marked(usage), "fine-tunable": "no"}
    return texts | ({"training data": values["dataset"]} if values["dataset"] else {})


def huggingface(
    package: Package, load: str, title: str, license: str | None, version: str = ""
) -> str:
    """The README of a repository on Hugging Face.

    Figures that were measured are in its metadata, as `model-index`; published ones, which are of
    other weights, are not.

    Args:
      package: to be published.
      load: Python that loads it from there.
      title: first line.
      license: as Hugging Face calls it.
      version: that it becomes there.

    Raises:
      PublishError: for a record that tells of an unknown network.
    """
    from huggingface_hub import ModelCard, ModelCardData

    values = _values(package, load, "huggingface-hub") | {"title": title}
    dataset = values["dataset"]
    data = ModelCardData(
        library_name="tf-keras",
        pipeline_tag=_PIPELINES[package.record.task],
        license=license,
        datasets=[_DATASETS.get(dataset, dataset)] if dataset else None,
        tags=[*_tags(values), *(_FORMAT_TAGS[suffix] for suffix in package.also or ())],
        model_name=title if package.measured else None,
        eval_results=_eval_results(package),
    )
    text = sections.render(values, _README) + format_usage.render(package.also or ())
    card = ModelCard(f"---\n{data.to_yaml()}\n---\n\n{text}")
    return _marked(statements.with_note(str(card), package, version))


def _eval_results(package: Package) -> list[EvalResult] | None:
    """What was measured on the artifact, as Hugging Face has it; None without figures of it."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=_PIPELINES[package.record.task],
            dataset_type=re.sub(r"[^a-z0-9]+", "-", one.data.lower()).strip("-") or "images",
            dataset_name=one.data,
            dataset_split=one.split or None,
            metric_type="accuracy",
            metric_name=name if one.method == LOGITS else f"{name}, {one.method}",
            metric_value=value,
        )
        for one in package.measured
        if one.format == SAVED_MODEL
        for name, value in {"top-1 accuracy": one.top1, "top-5 accuracy": one.top5}.items()
    ] or None


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


def _values(package: Package, load: str, client: str) -> dict[str, Any]:
    """What templates may use; `client` is the package that `load` imports to download."""
    if package.texts is not None:
        package.texts.check()
    told = template_values.values(
        package.record,
        license=package.license,
        dataset=package.dataset,
        texts=package.texts,
        class_names=class_names.read(package.folder, package.record),
        measured=package.measured,
    )
    source = markdown.Markdown("path")  # which `load` sets
    places = {"source": source, "folder": source, "is_placeholder": False}
    return told | places | {"load": load, "client": client}


def _tags(values: dict[str, Any]) -> list[str]:
    family = values["spec"].family if values["spec"] else ""
    slug = re.sub(r"[^a-z0-9]+", "-", family.lower()).strip("-")
    return ["tensorflow", "tf-slim", "tensorflow-hub", *([slug] if slug else [])]
