"""Copies files from where TensorFlow reads them, or from this machine's disks, within limits."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from slimhub.checkpoints.transfer_limits import TransferLimits
from slimhub.common import files, foreign_files
from slimhub.common.progress import Transfer
from slimhub.common.quiet_tensorflow import imported

_BLOCK = 8 << 20  # bytes between two progress reports
_FILE = "file://"


def find(url: str) -> list[str]:
    """The files that a URL means: itself, or those of a checkpoint prefix.

    Args:
      url: of any scheme that TensorFlow reads.

    Returns:
      Sources for `copy_all`; paths for those on this machine.

    Raises:
      OSError: if the disk cannot be read.
      tf.errors.OpError: if TensorFlow cannot.
    """
    if url.lower().startswith(_FILE):
        # TensorFlow would also read pipes and devices, which do not end.
        path = Path(f"/{url[len(_FILE) :].partition('/')[2]}")
        if path.exists() and not path.is_dir():
            return [str(path)]
        return sorted(map(str, path.parent.glob(f"{glob.escape(path.name)}.*")))
    gfile = imported().io.gfile
    is_file = gfile.exists(url) and not gfile.isdir(url)
    return [url] if is_file else list(gfile.glob(f"{url}.*"))


def copy_all(
    sources: list[str], folder: Path, limits: TransferLimits, transfer: Transfer | None
) -> None:
    """Copies files that are not there yet; progress counts the bytes of all of them.

    Args:
      sources: from `find`.
      folder: where they go to.
      limits: for all of them.
      transfer: progress callback.
    """
    targets = {source: folder / source.rsplit("/", 1)[-1] for source in sources}
    missing = [source for source, target in targets.items() if not target.exists()]
    total = sum(map(_size, missing))
    limits.expect(total)
    done = 0
    for source in missing:
        for amount in _copy(source, targets[source]):
            limits.add(amount)
            done += amount
            if transfer:
                transfer(targets[source].name, done, total)


def _size(source: str) -> int:
    if not source.startswith("/"):
        return int(imported().io.gfile.stat(source).length)
    with foreign_files.open_regular(source) as file:
        return os.fstat(file.fileno()).st_size


def _opened(source: str) -> IO[bytes]:
    if not source.startswith("/"):
        return cast(IO[bytes], imported().io.gfile.GFile(source, "rb"))
    return foreign_files.open_regular(source)


def _copy(source: str, target: Path) -> Iterator[int]:
    """Copies a file, yielding the size of each block in bytes.

    The target appears whole or not at all.
    """
    with files.replacing(target) as part, _opened(source) as remote, part.open("wb") as local:
        while block := remote.read(_BLOCK):
            local.write(block)
            yield len(block)
