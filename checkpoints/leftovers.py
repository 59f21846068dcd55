"""What is left over of a checkpoint, by what it is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from slimhub.checkpoints import masks, names, unknown_layers
from slimhub.checkpoints.masks import Shape

# Kinds of names that others ask for.
QUANTIZATION = "quantization ranges"
OF_OTHER_PARTS = "of parts the task does not have"


@dataclasses.dataclass(frozen=True)
class Expectations:
    """What may be left over.

    Attributes:
      patterns: of further names whose being left over is no surprise.
      scope: of the network, empty for one without; None where nothing is looked for in it.
      ignore: pattern of layers that are left out at the owner's risk, or None.
    """

    patterns: Sequence[str] = ()
    scope: str | None = None
    ignore: str | None = None


@dataclasses.dataclass(frozen=True)
class Leftovers:
    """Names of the tensors that fill nothing.

    Attributes:
      expected: by what they are.
      unexpected: all others, but for those that are ignored.
      unknown: those of the unexpected ones that are layers of the network itself.
      ignored: layers of the network itself that the owner takes the risk of leaving out.
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
    """Says what each tensor is that fills nothing.

    Args:
      stored: shapes of a checkpoint's tensors, by name.
      wanted: shapes of a network's variables, by name.
      used: names of the tensors that fill variables.
      expectations: what may be left over.

    Raises:
      RequestError: for a pattern to ignore that is not a regular expression.
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
    """What a name left over is; empty where nothing explains it."""
    usual = names.expected_kind(name)
    if usual:
        return usual
    if names.base_of(name) in known:
        return "moving averages" if name.endswith(names.SHADOW) else "raw values with an average"
    if any(re.search(pattern, name) for pattern in expectations.patterns):
        return OF_OTHER_PARTS
    return ""
