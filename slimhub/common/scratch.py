"""Folders for work in progress, which the next run removes if their owner was killed.

An owner holds a lock on its folder, which the system releases when the owner dies, however it dies.
So a folder that nobody has locked is abandoned.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import re
import secrets
import shutil
import tempfile
import time
import weakref
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows, where nothing is found to be abandoned
    fcntl = None  # type: ignore[assignment]

_PREFIX = "slimhub-work-"
_ABANDONED = re.compile(rf"{_PREFIX}\w{{8}}", re.ASCII)  # as tempfile names them
STAGE = re.compile(r"\..{1,40}\.slimhub-[0-9a-f]{16}", re.DOTALL)  # of what is to be at a target
_TRIES = 20  # in the second that `lock` waits
_YOUNG = 10.0  # seconds in which a new folder may not be locked yet
# A fork of multiprocessing forgets what `atexit` holds from Python 3.13 on: if nothing else held
# the folder, it would be removed there, under the process that owns it.
_own: list[ScratchFolder] = []


class ScratchFolder(tempfile.TemporaryDirectory[str]):
    """A folder for temporary files; creating one removes those that killed runs have left."""

    def __init__(self) -> None:
        """Creates the folder where the system keeps temporary files."""
        remove_abandoned(Path(tempfile.gettempdir()), _ABANDONED)
        super().__init__(prefix=_PREFIX)
        # Once only, also without `cleanup`: a number that was closed may be another file's.
        self._unlock = weakref.finalize(self, unlock, lock(Path(self.name), waits=True))

    def cleanup(self) -> None:
        """Removes the folder."""
        self._unlock()
        super().cleanup()


def own_temporary_files() -> None:
    """Has this process and those that it starts keep their temporary files in a scratch folder.

    TensorFlow and other libraries clean up when a process ends, but not after it was killed.
    """
    with contextlib.suppress(OSError):  # whoever needs a temporary file later says what is wrong
        folder = ScratchFolder()
        atexit.register(folder.cleanup)  # before those of libraries that are not imported yet
        _own.append(folder)
        tempfile.tempdir = os.environ["TMPDIR"] = folder.name


def system_folder() -> str:
    """Where the system keeps temporary files, whatever `own_temporary_files` has changed."""
    folder = Path(tempfile.gettempdir())
    return str(folder.parent if _ABANDONED.fullmatch(folder.name) else folder)


def stage_for(target: Path) -> Path:
    """A new path next to a target, in whose folder `STAGE` finds it.

    Args:
      target: of a file or folder, which need not exist.
    """
    # A name of 255 bytes, the maximum of file systems, leaves no room for a suffix.
    return target.with_name(f".{target.name[:40]}.slimhub-{secrets.token_hex(8)}")


def lock(folder: Path, *, waits: bool = False) -> int | None:
    """Marks a folder as in use by this process and the ones that it forks.

    Args:
      folder: which exists.
      waits: whether to wait a second for who holds it: a run that looks whether it is abandoned.

    Returns:
      What `unlock` takes; None where the system has no such locks.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    for left in reversed(range(_TRIES if waits else 1)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                time.sleep(1 / _TRIES)
        except OSError:  # some network file systems have no locks
            break
        else:
            return descriptor
    os.close(descriptor)
    return None


def is_locked(path: Path) -> bool:
    """Whether anybody, this process included, has locked a file or folder; waits for nothing.

    To find out, it shares the lock for an instant.

    Args:
      path: which need not exist; a link is not followed.

    Returns:
      False, too, where the system has no such locks, or the path cannot be opened.
    """
    if fcntl is None:
        return False
    try:
        # Without O_NONBLOCK a pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        # EACCES is what a held lock gives where NFS makes locks of ranges of these.
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES)
    finally:
        os.close(descriptor)
    return False


def unlock(descriptor: int | None) -> None:
    """Ends what `lock` began.

    Args:
      descriptor: the result of `lock`.
    """
    if descriptor is not None:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def remove_abandoned(parent: Path, names: re.Pattern[str]) -> None:
    """Removes folders of this user that nobody has locked.

    Args:
      parent: the folder that they are in.
      names: pattern of their whole names.
    """
    with contextlib.suppress(OSError):  # of a parent that cannot be read
        for path in parent.iterdir():
            if names.fullmatch(path.name) and is_abandoned(path):
                shutil.rmtree(path, ignore_errors=True)


def is_abandoned(path: Path) -> bool:
    """Whether a path is a folder of this user that nobody has locked.

    Args:
      path: of anything, which need not exist.
    """
    if fcntl is None:
        return False
    try:
        status = path.lstat()
        is_old = time.time() - status.st_mtime > _YOUNG
        if path.is_symlink() or not path.is_dir() or status.st_uid != os.getuid() or not is_old:
            return False
        descriptor = lock(path)
    except OSError:
        return False
    unlock(descriptor)
    return descriptor is not None
