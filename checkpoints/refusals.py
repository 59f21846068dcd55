"""Says what a file or folder is if it does not hold weights."""

from __future__ import annotations

import difflib
from pathlib import Path

from slimhub.checkpoints import archives, names, source_files
from slimhub.common import foreign_files
from slimhub.common.errors import CheckpointError, MissingCheckpointError
from slimhub.common.text import printable

TABLE_MAGIC = bytes.fromhex("57fb808b247547db")  # the last bytes of a V1 file and of an index
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")  # gzip, bzip2, xz

_WANTED = "slimhub needs a checkpoint, a frozen graph, a SavedModel or Keras HDF5 weights"
_ZIPPED = f"is a zip file, such as .keras, .npz or PyTorch's: {_WANTED}"
# Zip files of other programs are recognized by what they contain.
_ZIPPED_ENDINGS = (".npy", ".pkl", "config.json", "metadata.json")


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive, compressed or not, or a zip file, by its first bytes.

    Zip files named `.keras` or `.ckpt` do not count: Keras and PyTorch write these.
    """
    head = source_files.head(path, 512)
    is_tar = head.startswith(_ARCHIVES) or head[257:262] == b"ustar"
    is_other = path.suffix == ".keras" or names.is_v1_name(path.name)
    return is_tar or (archives.is_zip(path) and not is_other)


def is_table(path: Path) -> bool:
    """Whether a file ends like a V1 checkpoint or a V2 index."""
    with foreign_files.open_regular(path) as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - len(TABLE_MAGIC)))
        return file.read() == TABLE_MAGIC


def refuse_file(path: Path) -> CheckpointError:
    """The error for a file that is not a checkpoint."""
    head = source_files.head(path, 16)
    if source_files.is_pointer(path):
        return source_files.refuse_pointer(path)
    if not head:
        kind = "is empty: copy or download it again"
    elif head.startswith(b"\x89HDF"):
        kind = (
            "is a Keras HDF5 file, not a checkpoint: pass the file itself, or rename it to end "
            "in .h5"
        )
    elif head[4:8] == b"TFL3":
        kind = f"is a TF Lite model, whose weights are folded: {_WANTED}"
    elif head.startswith(b"PK"):
        kind = _ZIPPED
    elif names.is_v1_name(path.name):
        kind = "is damaged or truncated (it does not end like a checkpoint): copy it again"
    else:
        kind = f"is neither a checkpoint nor an archive: {_WANTED}"
    return CheckpointError(f"{path.name} {kind}")


def refuse_archive(path: Path, entries: list[str]) -> CheckpointError:
    """The error for an archive without a checkpoint."""
    if archives.is_zip(path) and any(entry.endswith(_ZIPPED_ENDINGS) for entry in entries):
        return CheckpointError(f"{path.name} {_ZIPPED}")
    return refuse_without_checkpoint(f"the archive {path.name}", entries)


def refuse_missing(path: Path) -> CheckpointError:
    """The error for a path that does not exist, with similar names in its folder."""
    if path.is_symlink():
        return CheckpointError(
            f"{path} is a link to {printable(str(path.readlink()))}, which does not exist: pass "
            "the path of the checkpoint"
        )
    try:
        entries = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return MissingCheckpointError(
            f"no checkpoint at {path}: the folder {path.parent} does not exist"
        )
    near = difflib.get_close_matches(path.name, entries, n=3)
    hint = f": did you mean {' or '.join(map(printable, near))}?" if near else ": check the path"
    return MissingCheckpointError(f"no checkpoint at {path}{hint}")


def refuse_without_checkpoint(where: str, entries: list[str]) -> CheckpointError:
    """The error for a folder or archive without a checkpoint."""
    if not entries:
        return CheckpointError(
            f"{where} is empty: pass a folder or archive that holds a checkpoint"
        )
    prefixes = (names.prefix_of(entry) for entry in entries)
    if any(prefix is not None and names.is_unfinished(prefix) for prefix in prefixes):
        return CheckpointError(
            f"{where} holds only part of a checkpoint, whose save was interrupted: use an "
            "earlier checkpoint of the training"
        )
    shown = ", ".join(printable(entry) for entry in sorted(entries)[:8])
    return CheckpointError(
        f"{where} does not hold a checkpoint (an .index file with its .data files, or a .ckpt "
        f"file), graph, SavedModel or Keras weights, only: {shown}"
    )
