"""A hub in a folder: what may be one, and how it is changed, all or nothing.

`hub_changes` describes what is in it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from slimhub.common import disks, files, foreign_files, paths
from slimhub.common.errors import PublishError, RequestError
from slimhub.common.files import FileDigest
from slimhub.common.progress import Transfer
from slimhub.publish import bundle
from slimhub.publish.hub import hub_changes, index, journal, view
from slimhub.publish.hub.hub_changes import HubChanges
from slimhub.publish.hub.view import View
from slimhub.publish.package import Package

_BLOCK = 1 << 20  # bytes that are copied at once

MakeArchive = Callable[[], bundle.Archive]


def check(hub: Path, artifact: Path) -> None:
    """Refuses a hub that cannot be one.

    Args:
      hub: folder, which need not exist.
      artifact: what is to be published to it.

    Raises:
      RequestError: says why.
      PublishError: for an index that is none.
    """
    if os.path.lexists(hub) and not hub.is_dir():
        raise RequestError(f"{hub} is not a folder: name another hub")
    if (hub / "saved_model.pb").exists():
        raise RequestError(f"{hub} is a SavedModel, not a hub: name another folder")
    inside = paths.resolved(hub).is_relative_to(paths.resolved(artifact))
    if inside or paths.resolved(artifact).is_relative_to(paths.resolved(hub / journal.FOLDER)):
        raise RequestError(f"the hub {hub} and the artifact {artifact} must be apart")
    is_empty = not hub.is_dir() or not any(p.name != journal.FOLDER for p in hub.iterdir())
    if not is_empty and index.read(hub) is None and not (hub / journal.FOLDER).is_dir():
        raise RequestError(f"{hub} holds other things and is not a hub: name another folder")


def preview(
    package: Package, hub: Path, archive: MakeArchive
) -> tuple[HubChanges, dict[str, FileDigest]]:
    """What `publish` would do; changes nothing in the hub, and keeps nobody from doing so.

    Args:
      package: of the version.
      hub: folder, which need not exist.
      archive: makes the archive.

    Returns:
      What is to be written, and files that are to be moved first, since an earlier publisher died:
      their digests, by path in the hub.

    Raises:
      PublishError: as `publish`.
    """

    def read(seen: View) -> tuple[HubChanges, dict[str, FileDigest]]:
        found = hub_changes.find(package, seen, archive)
        pending = {name: files.digest_file(path) for name, path in seen.pending.items()}
        return found, pending

    return view.steady(hub, read)


def has_remains(hub: Path) -> bool:
    """Whether a publication that was killed left a stage, which `publish` would remove.

    Args:
      hub: folder, which need not exist.

    Raises:
      PublishError: if its own folder is a link.
    """
    import filelock

    if not journal.stages(hub):
        return False
    try:
        with filelock.FileLock(hub / journal.FOLDER / journal.LOCK, timeout=0):
            return bool(journal.stages(hub))  # the lock is free: nobody is writing them
    except (filelock.Timeout, OSError):
        return False


def publish(package: Package, hub: Path, archive: MakeArchive, transfer: Transfer) -> HubChanges:
    """Publishes; a reader of the hub sees it as it was or as it will be.

    What is written is found anew, since other versions may have come since the preview.

    Args:
      package: of the version.
      hub: folder; made where it does not exist.
      archive: makes the archive.
      transfer: hears of the copies.

    Raises:
      PublishError: where the version is there with another content, or cannot be written.
      KeyboardInterrupt: says whether it was published.
    """
    stage = None
    try:
        with changing(hub), journal.staged(hub) as stage:
            found = hub_changes.find(package, View(hub), archive)
            _write(found, stage, transfer)
    except KeyboardInterrupt:
        is_published = stage is not None and stage.is_committed
        said = "it was published" if is_published else "nothing was published"
        raise KeyboardInterrupt(said) from None
    return found


def differing(package: Package, hub: Path, archive: MakeArchive) -> list[str]:
    """Files of a hub that are not what publishing a version has written.

    Args:
      package: of the version, which was published.
      hub: folder.
      archive: makes the archive.

    Raises:
      PublishError: where the hub cannot be read, or has other content under the version.
    """
    with changing(hub):
        return [entry.name for entry in hub_changes.find(package, View(hub), archive).entries]


@contextlib.contextmanager
def changing(hub: Path) -> Iterator[None]:
    """Holds the lock of a hub, in which nothing is left over."""
    import filelock

    try:
        journal.check(hub).mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(hub / journal.FOLDER / journal.LOCK, timeout=journal.LOCK_SECONDS):
            journal.recover(hub)
            yield
    except filelock.Timeout as error:
        raise journal.locked(hub) from error
    except OSError as error:
        raise PublishError(f"cannot write to {hub}: {disks.explain(error, hub)}") from error


def _write(changes: HubChanges, stage: journal.Stage, transfer: Transfer) -> None:
    """Writes entries to the stage; the copy of a new version is moved in one step."""
    copy = f"{changes.handle}/"
    folder = None
    for entry in changes.entries:
        if changes.is_new and entry.name.startswith(copy):
            folder = folder or stage.place(str(changes.handle))
            path = folder / entry.name.removeprefix(copy)
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            path = stage.place(entry.name)
        if isinstance(entry.content, Path):
            copied = _copy(entry.content, path, functools.partial(transfer, entry.name))
            if copied != entry.file():
                raise PublishError(
                    f"{entry.content} changed while it was published: nothing was published; "
                    "publish again when nothing writes there"
                )
        else:
            journal.write_surely(path, entry.content)


def _copy(source: Path, target: Path, tell: Callable[[int, int], None]) -> FileDigest:
    """Copies a file, and returns the digest of the copy."""
    digest = hashlib.sha256()
    with foreign_files.open_regular(source) as file, target.open("wb") as copy:
        total, done = os.fstat(file.fileno()).st_size, 0
        while block := file.read(_BLOCK):
            copy.write(block)
            digest.update(block)
            done += len(block)
            tell(done, total)
        copy.flush()
        os.fsync(copy.fileno())
    return FileDigest(done, digest.hexdigest())
