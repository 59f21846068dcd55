"""A CSV file of paths and labels."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.evaluate.datasets import dataset, picture_paths
from slimhub.evaluate.datasets.dataset import Dataset, PictureFile

KIND = "table"
SUFFIXES = (".csv", ".tsv")
_HEADS = ("path", "label", "split")
_MOST_DIGITS = 9


def read(path: Path, split: str) -> Dataset:
    """The data set that a table lists.

    Args:
      path: of the table: two columns, path and label, with or without that header; with a header,
        other columns are ignored, and `split` is the part of the data. Paths are relative to the
        table's folder. Labels are all integers, or all names.
      split: part to read; empty for all.

    Raises:
      RequestError: names the file and the line that cannot be used.
    """
    rows = _rows(path)
    places = _places(rows, path, split)
    if places is not None:
        rows = rows[1:]
    in_path, in_label, in_split = places or (0, 1, None)
    chosen: list[tuple[str, str]] = []
    for number, cells in rows:
        try:
            if in_split is None or not split or cells[in_split].strip() == split:
                chosen.append((cells[in_path].strip(), cells[in_label].strip()))
        except IndexError as error:
            raise RequestError(
                f"{path}, line {number}: it needs a path and a label, with a comma between them"
            ) from error
    if not chosen:
        raise RequestError(f"{path} lists no pictures" + (f" of the split {split}" * bool(split)))
    numbers = [_number(label) for _, label in chosen]
    names: tuple[str, ...] = ()
    if None in numbers:
        names = tuple(sorted({label for _, label in chosen}))
        numbers = [names.index(label) for _, label in chosen]
    found = [
        PictureFile(
            str(path.parent / name),
            name,
            picture_paths.digest_of(str(path.parent / name), name),
            number,
        )
        for (name, _), number in zip(chosen, numbers, strict=True)
        if number is not None
    ]
    shards = dataset.shards_of_files(found)
    return Dataset(path.name, KIND, split, shards, names, dataset.digest_files(found), tuple(found))


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Lines that are not blank, with their numbers."""
    try:
        text = foreign_files.read_text(path, "utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path), strict=True)
        rows = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise RequestError(f"cannot read {path} as a table: {reason}") from error
    if not rows:
        raise RequestError(f"{path} is empty: write one line PATH,LABEL for each picture")
    return rows


def _delimiter(path: Path) -> str:
    return "\t" if path.suffix.lower() == ".tsv" else ","


def _places(
    rows: list[tuple[int, list[str]]], path: Path, split: str
) -> tuple[int, int, int | None] | None:
    """Columns of path, label and split; None for a table without a header."""
    heads = [cell.strip().lower() for cell in rows[0][1]]
    has_header = {"path", "label"} <= set(heads)
    if split and not (has_header and "split" in heads):
        raise RequestError(
            f"{option('split')}: {path} has no column 'split': add one, and the header "
            f"{','.join(_HEADS)}"
        )
    if not has_header:
        return None
    in_split = heads.index("split") if "split" in heads else None
    return heads.index("path"), heads.index("label"), in_split


def _number(label: str) -> int | None:
    is_number = label.isascii() and label.removeprefix("-").isdigit() and len(label) <= _MOST_DIGITS
    return int(label) if is_number else None
