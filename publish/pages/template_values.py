"""What pages and cards say about an artifact, from its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slimhub.export.record import Record
from slimhub.nets import NetworkSpec
from slimhub.publish.pages import (
    bibtex,
    family_texts,
    network_facts,
    recorded_network,
    task_texts,
)
from slimhub.publish.pages.measured_figures import Measured
from slimhub.publish.pages.publisher_texts import PublisherTexts, passage

# Tasks as TensorFlow Hub calls them.
TASKS = {"feature_vector": "image-feature-vector", "classification": "image-classification"}


def values(
    record: Record,
    *,
    license: str | None = None,
    dataset: str | None = None,
    texts: PublisherTexts | None = None,
    class_names: Sequence[str] = (),
    measured: Measured = (),
) -> dict[str, Any]:
    """What templates may use, wherever the artifact is published.

    Args:
      record: of the artifact.
      license: id of the license that the publisher gives.
      dataset: id of what the weights were trained on, as the publisher states it; by default that
        of the public checkpoint, where the artifact was made of it.
      texts: of the publisher.
      class_names: in the order of the logits, where there are few; see `class_names.read`.
      measured: figures of the artifact, see `measured_figures`.

    Raises:
      PublishError: for a network that is not known here.
    """
    spec = recorded_network.spec_of(record)
    told = _about_network(spec, record)
    texts = texts or PublisherTexts()
    return {
        "client": None,
        "record": record,
        "license": license,
        "dataset": dataset or (network_facts.IMAGENET if told["is_public"] else None),
        "stated_dataset": dataset,
        "texts": texts,
        "intended_use": passage(texts.intended_use or "", 3),
        "changelog": passage(texts.changelog or "", 4),
        "class_names": class_names,
        "measured": [one.row() for one in measured],
        "introduction": task_texts.introduction(record.task, record.network.last_layer),
        "proof": record.proof.counts,
        "filled": {"average": 0, "plain": 0, "raw": 0} | record.variables.filled,
        "size": record.size,
        **_about_images(record),
        "endpoints": network_facts.endpoints(spec, record),
        "macs": network_facts.macs(spec, record),
        **told,
    }


def _about_images(record: Record) -> dict[str, Any]:
    """The shape of an image as code, its height and width in words, and what its channels are."""
    height, width, channels = record.network.image_shape
    return {
        "image": f"{height}, {width}, {channels}",
        "pixels": f"{height} by {width}",
        "colors": {1: "gray", 3: "RGB"}.get(channels, f"{channels} channels"),
        "takes_encoded_images": channels in (1, 3),
    }


def _about_network(spec: NetworkSpec | None, record: Record) -> dict[str, Any]:
    if spec is None:
        return {"spec": None, "is_public": False}
    return {
        "spec": spec,
        "is_public": network_facts.is_public(spec, record),
        "is_from_caffe": network_facts.is_from_caffe(spec),
        "architecture": network_facts.architecture(spec),
        "family_text": family_texts.text(spec),
        "checkpoint_list": family_texts.checkpoint_list(spec),
        "variants": network_facts.variants(spec),
        "options": network_facts.options(record),
        "bibtex": bibtex.bibtex(spec.paper) if spec.paper else None,
    }
