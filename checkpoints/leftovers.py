"""Sorts the tensors of a checkpoint that no variable uses."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from slimhub.checkpoints import masks, names, unknown_layers
from slimhub.checkpoints.masks import Shape

# Kinds that other modules refer to.
QUANTIZATION = "quantization ranges"
OF_OTHER_PARTS = "tensors of layers that this task does not use"


@dataclasses.dataclass(frozen=True)
class Expectations:
    """Which tensors may be left over.

    Attributes:
      patterns: for further names that are expected to be left over.
      scope: of the network, empty if it has none; None to skip the search for unknown layers.
      ignore: pattern of layers to leave out at the user's own risk, or None.
    """

    patterns: Sequence[str] = ()
    scope: str | None = None
    ignore: str | None = None


@dataclasses.dataclass(frozen=True)
class Leftovers:
    """Names of tensors that no variable uses.

    Attributes:
      expected: by kind.
      unexpected: all others, except ignored ones.
      unknown: the unexpected ones that belong to the network's own layers.
      ignored: tensors of the network's own layers that the user chose to leave out.
    """

    expected: dict[str, tuple[str, ...]]
    unexpected: tuple[str, ...]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]


def sort(
    stored: Mapping[str, Shape],
    wanted: Mapping[str, Shape],
    used: Iterable[str],
    expectations: Expectations,
) -> Leftovers:
    """Sorts the tensors that no variable uses.

    Args:
      stored: shapes of a checkpoint's tensors, by name.
      wanted: shapes of a network's variables, by name.
      used: names of the tensors that fill variables.
      expectations: which tensors may be left over.

    Raises:
      RequestError: if the pattern to ignore is not a regular expression.
    """
    applied_masks = set(masks.find(stored, wanted).values())
    applied, known = {*used, *applied_masks}, {*wanted, *applied_masks}
    beside = masks.names_beside(applied_masks)
    kinds: dict[str, list[str]] = {}
    for name in stored:
        if name not in applied:
            kind = "bookkeeping of pruning" if name in beside else _kind(name, known, expectations)
            kinds.setdefault(kind, []).append(name)
    unexpected = kinds.pop("", [])
    unknown: tuple[str, ...] = ()
    if expectations.scope is not None:
        unknown = unknown_layers.find(unexpected, known, expectations.scope)
    pattern = unknown_layers.parse_pattern(expectations.ignore)
    ignored = tuple(name for name in unknown if pattern and pattern.search(name))
    return Leftovers(
        {kind: tuple(members) for kind, members in kinds.items()},
        tuple(name for name in unexpected if name not in ignored),
        tuple(name for name in unknown if name not in ignored),
        ignored,
    )


def _kind(name: str, known: set[str], expectations: Expectations) -> str:
    """The kind of a leftover tensor; empty if nothing explains it."""
    usual = names.expected_kind(name)
    if usual:
        return usual
    if names.base_of(name) in known:
        return "moving averages" if name.endswith(names.SHADOW) else "raw values with an average"
    if any(re.search(pattern, name) for pattern in expectations.patterns):
        return OF_OTHER_PARTS
    return ""
