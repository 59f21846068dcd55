"""Class names for a classification artifact."""

from __future__ import annotations

import dataclasses
import os
import re
from importlib import resources
from pathlib import Path

from slimhub import nets
from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.common.text import count

_NUMBERED = re.compile(r"(?P<number>\d{1,9}):(?P<name>.*)")
_OF_IMAGENET = ((1001, True), (1000, False))  # numbers of classes, with background or without
FILE_NAME = "labels.txt"  # under assets/
_IMAGENET_SOURCE = (
    "the 1000 classes of ILSVRC-2012 in the order of their WordNet ids, named by their WordNet "
    "lemmas as the package timm lists them"
)


@dataclasses.dataclass(frozen=True)
class Labels:
    """One name per logit, and where the names come from."""

    names: tuple[str, ...]
    source: str

    def text(self) -> str:
        """The content of the asset: one name per line."""
        return "".join(f"{name}\n" for name in self.names)


def choose(path: str | os.PathLike[str] | None, task: str, spec: nets.NetworkSpec) -> Labels | None:
    """The labels of an artifact.

    Args:
      path: a UTF-8 text file with one name per line in the order of the logits, or with lines
        `NUMBER:NAME` as TF-Slim's dataset tools write them; or None. If the background is dropped,
        the file may or may not name it.
      task: only classification has labels.
      spec: the network.

    Returns:
      The labels in the file. Without a file, ImageNet's if the network has the same classes and
      background as the registered one, and that has ImageNet's; None for other networks, including
      custom ones.

    Raises:
      RequestError: if the file cannot be read or does not fit.
    """
    if task != "classification":
        if path is not None:
            raise RequestError(
                f"{option('labels')} needs {option('task', 'classification')}: leave it "
                "out, or change the task"
            )
        return None
    if path is not None:
        return _read(Path(path), spec)
    usual = None if spec.reference else _classes(nets.get(spec.name))
    if _classes(spec) != usual or usual not in _OF_IMAGENET:
        return None
    return imagenet(has_background=spec.has_background and not spec.drop_background)


def _classes(spec: nets.NetworkSpec) -> tuple[int, bool]:
    return spec.num_classes, spec.has_background


def imagenet(*, has_background: bool = True) -> Labels:
    """The names of TF-Slim's ImageNet logits.

    Args:
      has_background: whether to include the background class: 1001 names instead of 1000.
    """
    text = resources.files("slimhub.export").joinpath("data/imagenet_labels.txt").read_text("utf-8")
    names = text.splitlines()
    if has_background:
        return Labels(tuple(names), f"built in: background, then {_IMAGENET_SOURCE}")
    return Labels(tuple(names[1:]), f"built in: {_IMAGENET_SOURCE}")


def read_names(path: Path) -> list[str]:
    """The names in a file of labels, in the order of their numbers.

    Args:
      path: a UTF-8 text file with one name per line, or with lines `NUMBER:NAME`.

    Raises:
      RequestError: if it cannot be read, or a name is missing.
    """
    try:
        # With or without a byte order mark.
        text = foreign_files.read_text(path, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise RequestError(f"cannot read the labels {path}: {reason}") from error
    # Not splitlines(), which also splits at characters that do not end lines in text files.
    names = _in_order(path, [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")])
    blank = [str(number) for number, name in enumerate(names, 1) if not name.strip()]
    if blank:
        raise RequestError(f"{path} has no name on line {', '.join(blank[:5])}")
    return names


def _read(path: Path, spec: nets.NetworkSpec) -> Labels:
    names = read_names(path)
    if spec.drop_background and len(names) == spec.num_classes:
        names = names[1:]
    width = spec.output_width("classification")
    if len(names) != width:
        raise RequestError(
            f"{path} has {count(len(names), 'label')}, but the network has "
            f"{count(width, 'logit')}: write one label per line, including the background class if "
            "the network has one"
        )
    return Labels(tuple(names), path.name)


def _in_order(path: Path, lines: list[str]) -> list[str]:
    """Labels by number, if every line starts with one."""
    numbered = [match for line in lines if (match := _NUMBERED.fullmatch(line))]
    if len(numbered) < len(lines):
        return lines
    names = {int(match["number"]): match["name"] for match in numbered}
    if sorted(names) != list(range(len(lines))):
        raise RequestError(
            f"{path} numbers its labels, but not with each number from 0 to {len(lines) - 1} "
            "exactly once: number them like the logits, or leave the numbers out"
        )
    return [names[number] for number in range(len(lines))]
