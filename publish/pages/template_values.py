"""What pages and cards tell of an artifact, from its record."""

from __future__ import annotations

from typing import Any

from slimhub.export.record import Record
from slimhub.nets import NetworkSpec
from slimhub.publish.pages import bibtex, network_facts, recorded_network

# Tasks as TensorFlow Hub calls them.
TASKS = {"feature_vector": "image-feature-vector", "classification": "image-classification"}


def values(
    record: Record, *, license: str | None = None, dataset: str | None = None
) -> dict[str, Any]:
    """What templates may speak of, wherever the artifact is published.

    Args:
      record: of the artifact.
      license: id of the licence that the publisher gives.
      dataset: id of what the weights were trained on, as the publisher states it; by default that
        of the public checkpoint, where the artifact was made of it.

    Raises:
      PublishError: for a network that is not known here.
    """
    told = _about_network(recorded_network.spec_of(record), record)
    return {
        "record": record,
        "license": license,
        "dataset": dataset or (network_facts.IMAGENET if told["is_public"] else None),
        "stated_dataset": dataset,
        "proof": record.proof.counts,
        "filled": {"average": 0, "plain": 0, "raw": 0} | record.variables.filled,
        "size": record.size,
        **told,
    }


def _about_network(spec: NetworkSpec | None, record: Record) -> dict[str, Any]:
    if spec is None:
        return {"spec": None, "is_public": False}
    return {
        "spec": spec,
        "is_public": network_facts.is_public(spec, record),
        "is_from_caffe": network_facts.is_from_caffe(spec),
        "architecture": network_facts.architecture(spec),
        "variants": network_facts.variants(spec),
        "options": network_facts.options(record),
        "endpoints": network_facts.endpoints(spec, record),
        "macs": network_facts.macs(spec, record),
        "bibtex": bibtex.bibtex(spec.paper) if spec.paper else None,
    }
