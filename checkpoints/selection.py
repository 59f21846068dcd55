"""Finds the checkpoints among files, and picks one."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Literal

from slimhub.checkpoints import names
from slimhub.common.errors import ChoiceError, RequestError, option
from slimhub.common.text import count, printable

_AVERAGED_FOLDER = "ema"  # where the public archives keep averages under plain names


Averages = Literal["auto", "shadow", "raw"]
AVERAGES: tuple[Averages, ...] = typing.get_args(Averages)


def parse_averages(text: str) -> Averages:
    """Reads which values are wanted.

    Args:
      text: as a user wrote it.

    Returns:
      The same text, as a type that `open` and `plan` take.

    Raises:
      RequestError: unless it is `auto`, `shadow` or `raw`.
    """
    for known in AVERAGES:
        if text == known:
            return known
    raise RequestError(f"{option('averages')} must be {', '.join(AVERAGES)}, not {text!r}")


@dataclasses.dataclass(frozen=True)
class CheckpointQuery:
    """Which of several checkpoints the user wants.

    Attributes:
      name: a label, or the end or a part of it; None for the best one.
      averages: what to prefer: a checkpoint with averages (`auto`), with averages next to the raw
        values (`shadow`), or with raw values under the plain names (`raw`).
    """

    name: str | None = None
    averages: Averages = "auto"


@dataclasses.dataclass(frozen=True)
class Choice:
    """The checkpoint that was picked, and why."""

    label: str
    reason: str


def candidates(files: Iterable[str]) -> list[str]:
    """Prefixes of the checkpoints among relative file names, sorted.

    A V2 checkpoint is recognized by its index, a V1 checkpoint by its name. Broken ones (data
    without index) are included, so that opening them can report what is missing. The variables of a
    SavedModel and the remains of an interrupted save are not.
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

    Those with averages come first: a folder named `ema`, then those with shadows; depending on the
    query, only those with shadows, or those without averages. Within one folder, the one that the
    state file names last wins, or else the highest step. Candidates left in several folders are a
    tie.

    Args:
      labels: at least one, as `candidates` gives them.
      where: what they are in, for messages.
      query: what the user wants.
      latest: base name in the state file of each folder that has one.
      has_shadows: whether a checkpoint holds shadows; called only if it matters.

    Raises:
      ChoiceError: if no candidate has the name, or several are equally good.
    """
    if query.name is not None:
        return Choice(named(labels, where, query.name), "the one you named")
    if len(labels) == 1:
        return Choice(labels[0], "the only checkpoint in it")
    preferred, reason = _preferred(labels, query.averages, has_shadows)
    if not preferred or len(preferred) == len(labels):
        preferred, reason = labels, ""
    newest, newest_reason = _newest(preferred, latest)
    if len(newest) > 1:
        listed = "\n  ".join(map(printable, newest))
        raise ChoiceError(
            f"{where} holds several checkpoints:\n  {listed}\n"
            f"pick one with {option('checkpoint_name')}"
        )
    reasons = [part for part in (reason, newest_reason) if part]
    return Choice(newest[0], f"one of {len(labels)}, " + ", ".join(reasons))


def _preferred(
    labels: list[str], averages: Averages, has_shadows: Callable[[str], bool]
) -> tuple[list[str], str]:
    """The candidates that hold what is wanted, and why they are preferred."""
    stored = [label for label in labels if _is_averaged(label)]
    if averages == "raw":
        raw = [label for label in labels if label not in stored]
        return raw, f"preferred because it is not in a folder named {_AVERAGED_FOLDER}/"
    if averages == "auto" and stored:
        return stored, f"preferred because it is in a folder named {_AVERAGED_FOLDER}/"
    shadowed = [label for label in labels if has_shadows(label)]
    return shadowed, "preferred because it holds moving averages next to the raw values"


def holds_averages(label: str) -> bool:
    """Whether a checkpoint's plain names hold averages, judging by its folder."""
    return _is_averaged(label)


def _is_averaged(label: str) -> bool:
    return _AVERAGED_FOLDER in PurePosixPath(label).parts[:-1]


def named(labels: list[str], where: str, name: str) -> str:
    """Resolves a user's pick to a label: the whole label, its end, or a part of it.

    Raises:
      ChoiceError: if none matches, or several do.
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
    listed = "\n  ".join(map(printable, labels))
    fault = "no checkpoint" if not matches else count(len(matches), "checkpoint")
    raise ChoiceError(f"{where} has {fault} matching {name!r}; available:\n  {listed}")


def _newest(labels: list[str], latest: dict[str, str]) -> tuple[list[str], str]:
    """One label per folder, and why it is the newest."""
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
            reason = "the latest of its training run, according to the state file"
        elif None not in steps.values():
            newest.append(max(inside, key=lambda label: steps[label] or 0))
            reason = "the highest step of its training run"
        else:
            newest += inside
    return newest, reason
