"""Feature vectors as a folder of Parquet files, one for each shard of the data.

`pyarrow.parquet.read_table(FOLDER)`, pandas, DuckDB and Spark read such a folder as one table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import disks, extras, files, paths
from slimhub.common.errors import EvaluationError, RequestError, option

if TYPE_CHECKING:
    from slimhub.evaluate.feature_vectors import ShardVectors

SUFFIX = ".parquet"
_KEY = b"slimhub"  # of what a file says about itself
_DAMAGED = b"slimhub_damaged"  # of the pictures that it lacks


def check(output: str, artifact: str, data: str) -> Path:
    """Refuses a folder that vectors cannot be written to, before any work.

    Args:
      output: path of the folder.
      artifact: that they are of.
      data: see `dataset_kinds.open_dataset`.

    Returns:
      The folder, which need not exist.

    Raises:
      RequestError: says why.
    """
    extras.need("pyarrow", extra="evaluate")
    folder = paths.expanded(output)
    if folder.suffix != SUFFIX:
        raise RequestError(f"the output {output} has to end in {SUFFIX}")
    for place, name in ((artifact, "artifact"), (data, "data")):
        inside = paths.resolved(paths.expanded(place))
        if inside.is_dir() and paths.resolved(folder).is_relative_to(inside):
            raise RequestError(f"the output {output} is inside the {name}: choose another folder")
    if os.path.lexists(folder) and not folder.is_dir():
        raise RequestError(f"{output} is not a folder: vectors are written to a folder of files")
    return folder


def part(folder: Path, number: int) -> Path:
    """The file of a shard."""
    return folder / f"part-{number:05}{SUFFIX}"


def surplus(folder: Path, parts: int) -> list[Path]:
    """Files of a folder that readers would take for further shards of the data.

    Args:
      folder: which need not exist.
      parts: how many shards the data have.
    """
    wanted = {part(folder, number) for number in range(parts)}
    return sorted({*folder.glob(f"part-*{SUFFIX}")} - wanted)


def is_there(path: Path, origin: dict[str, Any]) -> bool:
    """Whether the vectors of a shard were written by an earlier run.

    Args:
      path: of its file.
      origin: what they have to be made from.

    Raises:
      RequestError: if there are other vectors, or another file.
    """
    import pyarrow
    from pyarrow import parquet

    if not path.is_file():
        return False
    try:
        said = (parquet.read_schema(path).metadata or {}).get(_KEY)
        found = json.loads(said) if said else None
    except (pyarrow.ArrowException, OSError, ValueError):
        found = None
    if found != json.loads(json.dumps(origin)):
        raise RequestError(
            f"{path} holds vectors of another artifact, of other data or made otherwise: choose "
            f"another output, or replace it with {option('overwrite')}"
        )
    return True


def damaged(path: Path) -> list[tuple[str, str]]:
    """Pictures of a shard that could not be read, as (name, reason).

    Args:
      path: of a file that `is_there`.
    """
    from pyarrow import parquet

    said = parquet.read_schema(path).metadata[_DAMAGED]
    return [(name, reason) for name, reason in json.loads(said)]


def write(
    path: Path, found: ShardVectors, class_names: Sequence[str], origin: dict[str, Any]
) -> None:
    """Writes the vectors of a shard: whole, or not at all.

    The columns are `id` (name of the picture), `label` (of the data), `class` (its name, null
    without one) and `vector` (f32[width]).

    Args:
      path: of the file; its folder is created.
      found: the vectors.
      class_names: by label; empty if they have none.
      origin: what they are made from, which is kept in the file.

    Raises:
      EvaluationError: if it cannot be written.
    """
    import numpy as np
    import pyarrow
    from pyarrow import parquet

    width = found.vectors.shape[1]
    flat = pyarrow.array(np.ascontiguousarray(found.vectors, np.float32).reshape(-1))
    is_named = [0 <= label < len(class_names) for label in found.labels.tolist()]
    names = [
        class_names[label] if named else None
        for label, named in zip(found.labels.tolist(), is_named, strict=True)
    ]
    table = pyarrow.table(
        {
            "id": pyarrow.array(found.ids, pyarrow.string()),
            "label": pyarrow.array(found.labels, pyarrow.int64()),
            "class": pyarrow.array(names, pyarrow.string()),
            "vector": pyarrow.FixedSizeListArray.from_arrays(flat, width),
        }
    )
    said = {_KEY: origin, _DAMAGED: found.damaged}
    table = table.replace_schema_metadata({k: json.dumps(v).encode() for k, v in said.items()})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(path) as stage:
            parquet.write_table(table, stage)
    except OSError as error:
        raise EvaluationError(f"cannot write {path}: {disks.explain(error, path)}") from error
