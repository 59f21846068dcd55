"""Finds the checkpoints among files, and picks one."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Literal

from slimhub.checkpoints import names
from slimhub.common.errors import ChoiceError, RequestError, option

_AVERAGED_FOLDER = "ema"  # where the public archives keep averages under plain names


Averages = Literal["auto", "shadow", "raw"]
AVERAGES: tuple[Averages, ...] = typing.get_args(Averages)


def parse_averages(text: str) -> Averages:
    """Which values are wanted, from text.

    Raises:
      RequestError: for anything but `auto`, `shadow` and `raw`.
    """
    for known in AVERAGES:
        if text == known:
            return known
    raise RequestError(f"{option('averages')} must be {', '.join(AVERAGES)}, not {text!r}")


@dataclasses.dataclass(frozen=True)
class CheckpointQuery:
    """What the user wants of several checkpoints.

    Attributes:
      name: the user's pick: a label, its end, or a part of it; None for the best.
      averages: what is best: one with averages (`auto`), with them beside the raw values
        (`shadow`), or with raw values under the plain names (`raw`).
    """

    name: str | None = None
    averages: Averages = "auto"


@dataclasses.dataclass(frozen=True)
class Choice:
    """The checkpoint that was picked among candidates, and why."""

    label: str
    reason: str


def candidates(files: Iterable[str]) -> list[str]:
    """Prefixes of the checkpoints among relative file names, sorted.

    A V2 checkpoint counts by its index, a V1 checkpoint by its name; broken ones (data
    without index) count too, so that opening them can say what is missing. The variables of a
    SavedModel do not count, nor what a save that was killed left behind.
    """
    present = set(files)
    models = {file.removesuffix(names.SAVED_MODEL) for file in present if _is_model(file)}
    inside = {f"{folder}variables/variables" for folder in models}
    return sorted(
        prefix
        for prefix in _prefixes(present)
        if prefix not in inside and not names.is_unfinished(prefix)
    )


def _is_model(file: str) -> bool:
    return PurePosixPath(file).name == names.SAVED_MODEL


def _prefixes(present: set[str]) -> set[str]:
    found = set()
    for file in present:
        prefix = names.prefix_of(file)
        if prefix is not None and not file.endswith(".meta"):
            found.add(prefix)
        elif prefix is None and names.is_v1_name(file):
            found.add(file)
    return found


def choose(
    labels: list[str],
    where: str,
    *,
    query: CheckpointQuery,
    latest: dict[str, str],
    has_shadows: Callable[[str], bool],
) -> Choice:
    """Picks one of several checkpoints.

    Those with averages come first: a folder named `ema`, then those with shadows; where the
    query says so only those with shadows, or those without averages. In one folder the one that
    its state file names last wins, without that the highest step. What is then not one folder's
    is a tie.

    Args:
      labels: at least one, as `candidates` gives them.
      where: what they are in, for messages.
      query: the user's.
      latest: base name in the state file of each folder that has one.
      has_shadows: whether a checkpoint holds shadows; asked only where it matters.

    Raises:
      ChoiceError: where nothing has the name, or several are equally good.
    """
    if query.name is not None:
        return Choice(named(labels, where, query.name), "the one that was asked for")
    if len(labels) == 1:
        return Choice(labels[0], "the only one there")
    preferred, reason = _preferred(labels, query.averages, has_shadows)
    if not preferred or len(preferred) == len(labels):
        preferred, reason = labels, ""
    newest, newest_reason = _newest(preferred, latest)
    if len(newest) > 1:
        listed = "\n  ".join(newest)
        raise ChoiceError(
            f"{where} holds several checkpoints:\n  {listed}\n"
            f"pick one with {option('checkpoint_name')}"
        )
    reasons = [part for part in (reason, newest_reason) if part]
    return Choice(newest[0], f"one of {len(labels)}, " + ", ".join(reasons))


def _preferred(
    labels: list[str], averages: Averages, has_shadows: Callable[[str], bool]
) -> tuple[list[str], str]:
    """Those that hold what is wanted, and why they are preferred."""
    stored = [label for label in labels if _is_averaged(label)]
    if averages == "raw":
        raw = [label for label in labels if label not in stored]
        return raw, f"preferred because it is not in a folder named {_AVERAGED_FOLDER}/"
    if averages == "auto" and stored:
        return stored, f"preferred because it is in a folder named {_AVERAGED_FOLDER}/"
    shadowed = [label for label in labels if has_shadows(label)]
    return shadowed, "preferred because it holds moving averages beside the raw values"


def holds_averages(label: str) -> bool:
    """Whether a checkpoint's plain names hold averages, by the folder it is in."""
    return _is_averaged(label)


def _is_averaged(label: str) -> bool:
    return _AVERAGED_FOLDER in PurePosixPath(label).parts[:-1]


def named(labels: list[str], where: str, name: str) -> str:
    """The label that a user's pick means: by all of it, its end, or a part of it.

    Raises:
      ChoiceError: where none is meant, or several are.
    """
    for matches in (
        [label for label in labels if label == name],
        [label for label in labels if f"/{label}".endswith(f"/{name}")],
        [label for label in labels if name in label],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            break
    listed = "\n  ".join(labels)
    fault = "no checkpoint" if not matches else f"{len(matches)} checkpoints"
    raise ChoiceError(f"{where} holds {fault} named {name!r}; there are:\n  {listed}")


def _newest(labels: list[str], latest: dict[str, str]) -> tuple[list[str], str]:
    """One label per folder, and what made it the newest."""
    folders: dict[str, list[str]] = {}
    for label in labels:
        folders.setdefault(str(PurePosixPath(label).parent), []).append(label)
    newest, reason = [], ""
    for folder, inside in folders.items():
        last = [label for label in inside if PurePosixPath(label).name == latest.get(folder)]
        steps = {label: names.step_of(label) for label in inside}
        if len(inside) == 1:
            newest += inside
        elif last:
            newest += last
            reason = "the last of its training by the state file"
        elif None not in steps.values():
            newest.append(max(inside, key=lambda label: steps[label] or 0))
            reason = "the highest step of its training"
        else:
            newest += inside
    return newest, reason
