"""A CSV file of paths and labels."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from slimhub.common import foreign_files
from slimhub.common.errors import RequestError, option
from slimhub.common.text import listed
from slimhub.evaluate.datasets import dataset, picture_paths, table_labels
from slimhub.evaluate.datasets.dataset import Dataset, PictureFile

KIND = "table"
SUFFIXES = (".csv", ".tsv")
_HEADS = ("path", "label", "split")
_SHOWN = 5  # parts in a message


class _Row(NamedTuple):
    line: int
    name: str
    label: str


def read(path: Path, split: str) -> Dataset:
    """The data set that a table lists.

    Args:
      path: of the table: two columns, path and label, with or without that header; with a header,
        other columns are ignored, and `split` is the part of the data. Paths are relative to the
        table's folder. Labels are all integers, or all names. A picture that is listed twice counts
        twice, which a note says.
      split: part to read; empty for all.

    Raises:
      RequestError: names the file and the line that cannot be used: also if a picture has two
        labels, or none of the pictures can be read.
    """
    rows = _chosen(path, split)
    labels, names = table_labels.parse(path, [(row.line, row.label) for row in rows])
    notes = _note_of_repeats(path, rows)
    found = []
    for row, label in zip(rows, labels, strict=True):
        place = str(path.parent / row.name)
        content = picture_paths.digest_of(place, row.name)
        found.append(PictureFile(place, row.name, content, label))
    if all(file.digest == picture_paths.UNREADABLE for file in found):
        raise RequestError(
            f"cannot read the picture {found[0].name}, nor any other of {path}, line "
            f"{rows[0].line}: paths have to be relative to the folder of the table, and a header, "
            "if there is one, path,label"
        )
    shards = dataset.shards_of_files(found)
    digest = dataset.digest_files(found)
    return Dataset(path.name, KIND, split, shards, names, digest, tuple(found), notes)


def _chosen(path: Path, split: str) -> list[_Row]:
    """The rows of a split."""
    rows = _rows(path)
    places = _places(rows, path, split)
    if places is not None:
        rows = rows[1:]
    in_path, in_label, in_split = places or (0, 1, None)
    if in_split is not None and not split:
        _check_one_part(path, {cells[in_split].strip() for _, cells in rows if cells[in_split:]})
    chosen = []
    for number, cells in rows:
        try:
            if in_split is None or not split or cells[in_split].strip() == split:
                chosen.append(_Row(number, cells[in_path].strip(), cells[in_label].strip()))
        except IndexError as error:
            raise RequestError(
                f"{path}, line {number}: it needs a path and a label, with a comma between them"
            ) from error
    if not chosen:
        raise RequestError(f"{path} lists no pictures" + (f" of the split {split}" * bool(split)))
    return chosen


def _check_one_part(path: Path, parts: set[str]) -> None:
    """Refuses pictures to train on among those to test with: figures of both would mean nothing."""
    if len(parts) > 1:
        found = sorted(parts)
        raise RequestError(
            f"{path} has the parts {listed(found, _SHOWN)} in its column 'split': name one, such "
            f"as {option('split', found[0])}"
        )


def _note_of_repeats(path: Path, rows: Sequence[_Row]) -> tuple[str, ...]:
    """What to say about pictures that are listed twice.

    Raises:
      RequestError: if one of them has two labels.
    """
    seen: dict[str, _Row] = {}
    repeats = []
    for row in rows:
        first = seen.setdefault(os.path.normpath(row.name), row)
        if first.label != row.label:
            raise RequestError(
                f"{path}: {row.name} has the label {first.label!r} in line {first.line}, but "
                f"{row.label!r} in line {row.line}: leave one of them out"
            )
        if first is not row:
            repeats.append(row)
    if not repeats:
        return ()
    rest = "row repeats a picture" if len(repeats) == 1 else "rows repeat pictures"
    said = f"{len(repeats):,} {rest} that the table has already, such as {repeats[0].name} in line"
    return (f"{said} {repeats[0].line}: each row counts",)


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
        if set(heads) & {"path", "label"}:
            raise RequestError(
                f"{path}: its header is {','.join(heads)}, but has to name the columns path and "
                "label: path,label"
            )
        return None
    if twice := [head for head in _HEADS if heads.count(head) > 1]:
        raise RequestError(f"{path}: its header names the column {twice[0]} twice: leave one out")
    in_split = heads.index("split") if "split" in heads else None
    return heads.index("path"), heads.index("label"), in_split
