"""Checks the signature that names the likeliest classes. Imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from slimhub.export import signature_names
from slimhub.export.signature_names import BEST_CLASSES, MOST_CLASSES
from slimhub.export.verify.proof import Check, passed_or_failed
from slimhub.export.verify.reference import pictures
from slimhub.export.verify.reference.artifact import Artifact
from slimhub.export.verify.subject import Subject

NAME = "the best classes, and their names"


def check(artifact: Artifact, subject: Subject) -> list[Check]:
    """Checks `classify` against a call and the labels.

    Args:
      artifact: any.
      subject: the network it claims to be.

    Returns:
      One check; none for a network or a task that does not have the signature.
    """
    if BEST_CLASSES not in signature_names.of_network(subject.spec(), subject.task):
        return []
    if BEST_CLASSES not in artifact.proto.meta_graphs[0].signature_def:
        reason = f"there is no signature {BEST_CLASSES}: it was not written by this release"
        return [Check("contract", NAME, "not run", reason)]
    try:
        return [passed_or_failed("contract", NAME, list(_complaints(artifact, subject)))]
    except Exception as error:  # whatever a strange artifact makes TensorFlow raise
        return [Check("contract", NAME, "failed", f"{type(error).__name__}: {error}")]


def _complaints(artifact: Artifact, subject: Subject) -> Iterator[str]:
    signature = artifact.loaded.signatures[BEST_CLASSES]
    found = signature(encoded=tf.constant([pictures.photograph_file()]))
    logits = artifact.loaded(tf.constant(pictures.photograph(subject.spec().image_shape)))
    count = min(MOST_CLASSES, logits.shape[-1])
    indices = np.argsort(-logits.numpy(), kind="stable")[:, :count]  # of equal ones the first
    names = _names(artifact, logits.shape[-1])
    expected = {
        "probabilities": np.take_along_axis(tf.nn.softmax(logits).numpy(), indices, axis=1),
        "classes": np.array([[names[index] for index in indices[0]]], object),
        "indices": indices.astype(np.int32),
    }
    if sorted(found) != sorted(expected):
        yield f"{BEST_CLASSES} returns {sorted(found)}, expected {sorted(expected)}"
        return
    for key, value in expected.items():
        actual = found[key].numpy()
        if actual.dtype != value.dtype or not np.array_equal(actual, value):
            yield (
                f"{key} of {BEST_CLASSES} are not those of the {count} largest logits: "
                f"{actual.tolist()}, expected {value.tolist()}"
            )


def _names(artifact: Artifact, width: int) -> list[bytes]:
    """One for each logit: its label, or else its index."""
    asset = getattr(artifact.loaded, "labels", None)
    if asset is None:
        return [str(index).encode() for index in range(width)]
    with tf.io.gfile.GFile(asset.asset_path.numpy().decode(), "rb") as file:
        content: bytes = file.read()
    return content.removesuffix(b"\n").split(b"\n")
