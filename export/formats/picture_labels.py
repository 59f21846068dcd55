"""Labels of a user's pictures, where the data have them: as `slimhub evaluate` reads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from slimhub.common.errors import RequestError
from slimhub.common.text import listed
from slimhub.export import folder_classes, labels

_SHOWN = 3
NONE = -1  # the label of a picture that has none


@dataclasses.dataclass(frozen=True)
class PictureLabels:
    """Labels of the data, before they are matched with the classes of an artifact.

    Attributes:
      numbers: of each picture, `NONE` for one without a label; empty if no picture has one.
      names: what the labels are called, by number; empty if they have no names.
      problem: why labels that may be there are not read; empty if nothing is wrong.
    """

    numbers: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    problem: str = ""


def of_files(root: Path, images: Sequence[Path], chosen: Sequence[Path]) -> PictureLabels:
    """Labels of pictures in one folder per class.

    Args:
      root: the folder with the folders of classes.
      images: all pictures in it.
      chosen: those whose labels are wanted.

    Returns:
      No labels if a picture is in no class. Folders that are all called by numbers have those as
      labels; others are numbered as their names sort.
    """
    inside = {image: image.relative_to(root).parts[:-1] for image in images}
    if not all(inside.values()):
        return PictureLabels()
    if parts := folder_classes.parts(root):
        shown = listed(parts, _SHOWN)
        return PictureLabels(problem=f"the data have parts ({shown}): name one of their folders")
    used = {folders[0] for folders in inside.values()}
    if len(used) == 1 and all(len(folders) > 1 for folders in inside.values()):
        return PictureLabels(problem=_too_high(root / used.pop()))
    names = sorted(
        name for name in folder_classes.inside(root) if name in used or _is_empty(root / name)
    )
    if not used <= {*names}:
        return PictureLabels(problem="some pictures are in hidden folders")
    if not folder_classes.are_numbers(names):
        number_of: Mapping[str, int] = {name: number for number, name in enumerate(names)}
        return PictureLabels(tuple(number_of[inside[one][0]] for one in chosen), tuple(names))
    if len({int(name) for name in names}) < len(names):
        return PictureLabels(problem="two folders have the same number")
    return PictureLabels(tuple(int(inside[one][0]) for one in chosen))


def of_records(found: Sequence[tuple[Path, int]]) -> PictureLabels:
    """Labels of pictures in TFRecords.

    Args:
      found: the file of each picture, and its label, `NONE` for one without. `labels.txt` beside
        the files names the labels, as TF-Slim's tools write it.
    """
    numbers = tuple(number for _, number in found)
    if all(number == NONE for number in numbers):
        return PictureLabels()
    files = sorted({file for file, _ in found})
    folders = sorted({file.parent for file in files})
    if len(folders) > 1:
        shown = listed([repr(str(folder)) for folder in folders], _SHOWN)
        return PictureLabels(
            problem=f"the records are in several folders ({shown}), each of which may number its "
            "classes in its own way: name one of them"
        )
    if len(parts := folder_classes.parts_in(file.name for file in files)) > 1:
        shown = listed(parts, _SHOWN)
        return PictureLabels(
            problem=f"the records are of several parts ({shown}): put those of one of them into a "
            "folder of their own"
        )
    beside = folders[0] / labels.FILE_NAME
    if not beside.is_file():
        return PictureLabels(numbers)
    try:
        return PictureLabels(numbers, tuple(labels.read_names(beside)))
    except RequestError as error:
        return PictureLabels(problem=str(error))


def _too_high(folder: Path) -> str:
    return f"all pictures are in folders in {folder.name!r}: name {folder} if those are the classes"


def _is_empty(folder: Path) -> bool:
    return not any(path.is_file() for path in folder.rglob("*"))
