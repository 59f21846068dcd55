"""Says what a file or folder is, where it holds no weights of TF-Slim."""

from __future__ import annotations

import difflib
from pathlib import Path

from slimhub.checkpoints import archives, foreign_files, names
from slimhub.common.errors import CheckpointError

TABLE_MAGIC = bytes.fromhex("57fb808b247547db")  # the last bytes of a V1 file and of an index
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")  # gzip, bzip2, xz

_WANTED = "slimhub needs a checkpoint, a frozen graph, a SavedModel or Keras' HDF5 weights"
_ZIPPED = f"is a zip file, such as .keras, .npz or PyTorch's: {_WANTED}"
# By what is in them zip files of other programs are known.
_ZIPPED_ENDINGS = (".npy", ".pkl", "config.json", "metadata.json")


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive, compressed or not, or a zip file, by its first bytes.

    Keras and PyTorch call zip files of their own `.keras` and `.ckpt`.
    """
    with path.open("rb") as file:
        head = file.read(512)
    is_tar = head.startswith(_ARCHIVES) or head[257:262] == b"ustar"
    is_other = path.suffix == ".keras" or names.is_v1_name(path.name)
    return is_tar or (archives.is_zip(path) and not is_other)


def is_table(path: Path) -> bool:
    """Whether a file ends as V1 checkpoints and V2 indexes do."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(TABLE_MAGIC)))
        return file.read() == TABLE_MAGIC


def refuse_file(path: Path) -> CheckpointError:
    """The error for a file that is no checkpoint."""
    with path.open("rb") as file:
        head = file.read(16)
    if foreign_files.is_pointer(path):
        return foreign_files.refuse_pointer(path)
    if not head:
        kind = "is empty: copy or download it again"
    elif head.startswith(b"\x89HDF"):
        kind = "is a Keras HDF5 file, not a checkpoint: name the file itself, or let it end in .h5"
    elif head[4:8] == b"TFL3":
        kind = f"is a TF Lite model, which holds folded weights: {_WANTED}"
    elif head.startswith(b"PK"):
        kind = _ZIPPED
    elif names.is_v1_name(path.name):
        kind = "is damaged or truncated, it does not end as a checkpoint does: copy it again"
    else:
        kind = f"is no checkpoint and no archive: {_WANTED}"
    return CheckpointError(f"{path.name} {kind}")


def refuse_archive(path: Path, entries: list[str]) -> CheckpointError:
    """The error for an archive in which no checkpoint was found."""
    if archives.is_zip(path) and any(entry.endswith(_ZIPPED_ENDINGS) for entry in entries):
        return CheckpointError(f"{path.name} {_ZIPPED}")
    return refuse_without_checkpoint(f"the archive {path.name}", entries)


def refuse_missing(path: Path) -> CheckpointError:
    """The error for a path that is not there, with names like it from its folder."""
    if path.is_symlink():
        return CheckpointError(
            f"{path} is a link to {path.readlink()}, which does not exist: name the checkpoint"
        )
    try:
        entries = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return CheckpointError(f"there is no checkpoint {path}, nor a folder {path.parent}")
    near = difflib.get_close_matches(path.name, entries, n=3)
    hint = f": did you mean {' or '.join(near)}?" if near else ": check the path"
    return CheckpointError(f"there is no checkpoint {path}{hint}")


def refuse_without_checkpoint(where: str, entries: list[str]) -> CheckpointError:
    """The error for a folder or archive in which no checkpoint was found."""
    if not entries:
        return CheckpointError(f"{where} is empty: name a folder or archive with a checkpoint")
    prefixes = (names.prefix_of(entry) for entry in entries)
    if any(prefix is not None and names.is_unfinished(prefix) for prefix in prefixes):
        return CheckpointError(
            f"{where} holds only part of a checkpoint, whose save was killed before it was whole: "
            "take an earlier checkpoint of the training"
        )
    shown = ", ".join(sorted(entries)[:8])
    return CheckpointError(
        f"{where} holds no checkpoint (an .index file with its .data files, or a .ckpt file), no "
        f"graph, SavedModel or Keras weights, only: {shown}"
    )
