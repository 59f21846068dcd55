"""Fills a source's variables from the checkpoint, in other ways than the export."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow.compat.v1 as tf

from slimhub.checkpoints import leftovers, unknown_layers
from slimhub.common.errors import CheckpointError, ExportError
from slimhub.export.verify.reference import restorers
from slimhub.export.verify.reference.restorers import Shapes
from slimhub.export.verify.subject import Source, Subject

_SHADOW = "/ExponentialMovingAverage"  # suffix that tf.train.ExponentialMovingAverage gives


def restore(
    session: tf.Session, variables: Mapping[str, tf.Variable], source: Source, subject: Subject
) -> str:
    """Sets all variables of a session.

    Args:
      session: whose graph has the variables and is the default graph.
      variables: by name.
      source: the checkpoint.
      subject: the expected network.

    Returns:
      The layers of the checkpoint that are left out at the user's own risk, in words; empty if none
      may be.

    Raises:
      ExportError: if the checkpoint belongs to another network.
      CheckpointError: if it has layers that the network does not have.
    """
    restorer = restorers.open_source(source)
    stored = restorer.shapes
    wants_average = source.averages != "raw"
    averages = _averages(stored) if wants_average else {}
    by_tensor = {
        averages.get(source.scope + name, source.scope + name): variable
        for name, variable in variables.items()
    }
    _require_fit(stored, {name: v.shape.as_list() for name, v in by_tensor.items()})
    wanted = {name: v.shape.as_list() for name, v in variables.items()}
    inside = {name: shape for name, shape in stored.items() if name.startswith(source.scope)}
    plain = {name[len(source.scope) :]: shape for name, shape in inside.items()}
    left = leftovers.sort(
        _as_tuples(plain),
        _as_tuples(wanted),
        [name[len(source.scope) :] for name in by_tensor if name in inside],
        subject.expectations(source.ignore_leftover),
    )
    if left.unknown:
        names = sorted(left.unknown)
        raise CheckpointError(unknown_layers.complaint(names, wanted, "the checkpoint"))
    restorer.restore(session, by_tensor)
    for name, mask in _masks(plain, wanted).items():
        variable = variables[name]
        pruned = session.run(variable) * restorer.read(source.scope + mask)
        restorers.assign(session, variable, pruned)
    if source.ignore_leftover is None:
        return ""
    return unknown_layers.ignored(len(left.ignored), source.ignore_leftover)


def _averages(stored: Shapes) -> dict[str, str]:
    """Names of averages by their variables, in whatever form; the usual form takes precedence."""
    found: dict[str, str] = {}
    for name in sorted(stored, key=lambda name: not name.endswith(_SHADOW)):
        base, is_average, number = name.partition(_SHADOW)
        if not is_average or (number and not number[1:].isdigit()):
            continue
        start = 0
        while base[start:] not in stored and (slash := base.find("/", start)) >= 0:
            start = slash + 1
        if stored.get(base[start:]) == stored[name]:
            found.setdefault(base[start:], name)
        elif base and base[start:] not in stored:
            found.setdefault(base, name)
    return found


def _masks(stored: Shapes, wanted: Shapes) -> dict[str, str]:
    """The masks that TensorFlow's masked layers multiply with their weights, by weight name."""
    masks = {}
    for name, shape in wanted.items():
        layer, _, leaf = name.rpartition("/")
        mask = f"{layer}/mask"
        is_masked = leaf.endswith(("weights", "kernel")) and mask not in wanted
        if is_masked and stored.get(mask) == shape:
            masks[name] = mask
    return masks


def _as_tuples(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in shapes.items()}


def _require_fit(stored: Shapes, wanted: Shapes) -> None:
    """Refuses a checkpoint of another network.

    Raises:
      ExportError: names the first tensor that is missing or has another shape.
    """
    wrong = [name for name, shape in wanted.items() if stored.get(name) != shape]
    if wrong:
        found = stored.get(wrong[0], "not there")
        raise ExportError(
            f"the checkpoint does not belong to this network: {len(wrong)} of {len(wanted)} "
            f"tensors do not fit, the first is {wrong[0]}: {found}, expected {wanted[wrong[0]]}"
        )
