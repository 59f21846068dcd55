"""Says what a file or folder is, where it is no TF-Slim checkpoint."""

from __future__ import annotations

import difflib
from pathlib import Path

from slimhub.checkpoints import names
from slimhub.common.errors import CheckpointError

TABLE_MAGIC = bytes.fromhex("57fb808b247547db")  # the last bytes of a V1 file and of an index
_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")  # gzip, bzip2, xz

_WANTED = "slimhub needs a checkpoint that TensorFlow 1's Saver wrote"


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive, compressed or not, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(512)
    return head.startswith(_ARCHIVES) or head[257:262] == b"ustar"


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
    if not head:
        kind = "is empty: copy or download it again"
    elif head.startswith(b"\x89HDF"):
        kind = f"is a Keras HDF5 file: {_WANTED}"
    elif head[4:8] == b"TFL3":
        kind = f"is a TF Lite model, which holds folded weights: {_WANTED}"
    elif head.startswith(b"PK"):
        kind = f"is a zip file, such as .keras, .npz or PyTorch's: {_WANTED}"
    elif names.is_v1_name(path.name):
        kind = "is damaged or truncated, it does not end as a checkpoint does: copy it again"
    elif path.name == "saved_model.pb":
        kind = f"is a SavedModel: {_WANTED}"
    elif path.suffix in (".pb", ".pbtxt"):
        kind = f"is a graph, frozen or not: {_WANTED}"
    else:
        kind = f"is no checkpoint and no archive: {_WANTED}"
    return CheckpointError(f"{path.name} {kind}")


def refuse_saved_model(folder: Path) -> CheckpointError:
    """The error for a SavedModel folder."""
    return CheckpointError(
        f"{folder.name or folder} is a SavedModel folder: {_WANTED}. "
        "A SavedModel needs no export; hub.load and hub.KerasLayer read it"
    )


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
    if any(Path(entry).name == "saved_model.pb" for entry in entries):
        return CheckpointError(f"{where} holds a SavedModel and no checkpoint: {_WANTED}")
    shown = ", ".join(sorted(entries)[:8])
    return CheckpointError(
        f"{where} holds no checkpoint (an .index file with its .data files, or a .ckpt file), "
        f"only: {shown}"
    )
