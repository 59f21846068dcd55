"""Finds out of which kind a data set is, and opens it."""

from __future__ import annotations

import glob
from pathlib import Path

from slimhub.common import paths
from slimhub.common.errors import RequestError, option
from slimhub.evaluate.datasets import class_folders, path_table, record_files, tfds_splits
from slimhub.evaluate.datasets.dataset import Dataset
from slimhub.export import folder_classes

_WILD = frozenset("*?[")
ORDERS = ("numeric", "sorted")  # how class folders are counted whose names are numbers


def open_dataset(data: str, split: str = "", label_order: str = "numeric") -> Dataset:
    """Opens a data set; no picture is read.

    Args:
      data: a folder of one folder per class; a TFRecord file, a folder of them or a pattern; a CSV
        file of path and label; or `tfds:NAME/SPLIT`.
      split: part of the data: a folder in the folder, a word in the names of TFRecord files, or a
        value of the column `split`; empty for all.
      label_order: one of `ORDERS`.

    Raises:
      RequestError: if there is nothing of these, or something that cannot be used.
    """
    if data.startswith(tfds_splits.SCHEME):
        return tfds_splits.read(data, split)
    if not data:
        raise RequestError("the name of the data is empty: pass a folder, a file or a pattern")
    path = paths.expanded(data).absolute()  # as workers read it, wherever they run
    if not path.exists() and _WILD & set(data):
        found = [Path(one) for one in glob.glob(str(path))]  # noqa: PTH207  of any path
        return record_files.read(record_files.choose(found, split, path.name), path.name, split)
    if not path.exists():
        raise RequestError(f"the data {data} does not exist")
    if path.is_dir():
        return _in_folder(path, split, label_order == "sorted")
    if path.suffix.lower() in path_table.SUFFIXES:
        return path_table.read(path, split)
    if split:
        raise RequestError(f"{option('split')} does not apply to one file of records: leave it out")
    return record_files.read([path], path.name, split)


def _in_folder(folder: Path, split: str, in_order_of_names: bool) -> Dataset:
    name = paths.resolved(folder).name
    inner = folder / split
    if split and inner.is_dir():
        return class_folders.read(inner, name, split, in_order_of_names=in_order_of_names)
    if folder_classes.is_there(folder):
        if split:
            raise RequestError(f"{option('split')}: {folder} has no folder {split}")
        if parts := folder_classes.parts(folder):
            raise RequestError(
                f"{folder} has the parts {' and '.join(parts)}, which are no classes: name one, "
                f"such as {option('split', parts[0])}"
            )
        return class_folders.read(folder, name, split, in_order_of_names=in_order_of_names)
    found = [path for path in folder.iterdir() if path.is_file()]
    return record_files.read(record_files.choose(found, split, name), name, split)
