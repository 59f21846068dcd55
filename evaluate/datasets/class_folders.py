"""A folder with one folder of pictures per class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from slimhub.common.errors import RequestError
from slimhub.common.text import count
from slimhub.evaluate.datasets import dataset, picture_paths
from slimhub.evaluate.datasets.dataset import Dataset, PictureFile
from slimhub.export import folder_classes

KIND = "class folders"


def read(folder: Path, name: str, split: str, *, in_order_of_names: bool) -> Dataset:
    """The data set in a folder.

    Args:
      folder: whose folders are the classes.
      name: of the data set.
      split: part of the data that the folder is, or empty.
      in_order_of_names: whether folders whose names are numbers are counted as their names sort
        ("0", "1", "10", "2"), as programs do that know nothing of numbers.

    Returns:
      Folders that are all called by numbers have those as labels, and no names; others are numbered
      as their names sort. A folder that has files, but no picture, is no class.

    Raises:
      RequestError: if there is no picture, or a file that cannot be one.
    """
    inside = {one: list(_files(folder, one)) for one in sorted(folder_classes.inside(folder))}
    names = [one for one, files in inside.items() if not files or any(map(_is_picture, files))]
    are_numbers = folder_classes.are_numbers(names)
    is_numbered = are_numbers and not in_order_of_names
    if is_numbered and len({int(one) for one in names}) < len(names):
        raise RequestError(f"two folders in {folder} have the same number: rename one of them")
    found = []
    others = [relative for one in inside if one not in names for relative, _ in inside[one]]
    for position, class_name in enumerate(names):
        label = int(class_name) if is_numbered else position
        for relative, path in inside[class_name]:
            if _is_picture((relative, path)):
                digest = picture_paths.digest_of(path, relative)
                found.append(PictureFile(path, relative, digest, label))
            else:
                others.append(relative)
    if not found:
        raise RequestError(
            f"{folder} has no pictures: it needs one folder per class, with JPEG or PNG files"
        )
    notes = (f"{count(len(others), 'file')} left out, such as {others[0]}",) if others else ()
    return Dataset(
        name,
        KIND,
        split,
        dataset.shards_of_files(found),
        () if are_numbers else tuple(names),
        dataset.digest_files(found),
        tuple(found),
        notes,
    )


def _is_picture(file: tuple[str, str]) -> bool:
    return picture_paths.is_picture(os.path.basename(file[1]))  # noqa: PTH119  of 100,000 files


def _files(folder: Path, class_name: str) -> Iterator[tuple[str, str]]:
    """Relative names and paths of the files of a class, sorted."""
    found = []
    for place, _, names in os.walk(folder / class_name):  # does not follow links to folders
        above = os.path.relpath(place, folder).replace(os.sep, "/")
        found += [(f"{above}/{name}", f"{place}{os.sep}{name}") for name in names]
    return iter(sorted(found))
