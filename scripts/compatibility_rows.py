"""The TensorFlow releases to try an artifact on, and their environments."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_OLD = ("tensorflow-hub==0.12.0", "protobuf<3.21")
_NEW = ("tensorflow-hub==0.16.1", "setuptools<81")  # hub 0.16.1 imports pkg_resources


@dataclasses.dataclass(frozen=True)
class Row:
    """One release, the interpreter it needs, and what to install with it."""

    tensorflow: str
    python: str
    beside: tuple[str, ...]

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements for pip."""
        return (f"tensorflow=={self.tensorflow}", *self.beside)


ROWS = (
    Row("1.15.5", "3.7", _OLD),
    Row("2.0.4", "3.7", ("tensorflow-hub==0.7.0", "protobuf<3.21")),
    Row("2.4.4", "3.8", (*_OLD, "numpy<1.24")),
    Row("2.8.4", "3.8", (*_OLD, "numpy<1.24")),
    Row("2.12.1", "3.9", ("tensorflow-hub==0.13.0", "setuptools<81")),
    Row("2.15.1", "3.11", (*_NEW, "tf-keras==2.15.1")),
    Row("2.18.1", "3.12", (*_NEW, "tf-keras==2.18.0")),
    Row("2.21.0", "3.13", (*_NEW, "tf-keras==2.21.0")),
)


def find_interpreter(version: str) -> str | None:
    """Path of an interpreter of a version such as `3.7`: on PATH, or under a pyenv root."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = sorted((root / "versions").glob(f"{version}.*/bin/python{version}"))
    on_path = shutil.which(f"python{version}")
    for candidate in [*map(str, places), *([on_path] if on_path else [])]:
        # PATH has pyenv shims even for inactive versions: run it to find out.
        if subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None


def environment(row: Row, interpreter: str, cache: Path) -> str:
    """The interpreter of a row's environment, which is created if necessary.

    Args:
      row: the release.
      interpreter: of the row's Python version.
      cache: folder that holds the environments.

    Raises:
      RuntimeError: if pip cannot install the row; the message ends with pip's own.
    """
    folder = cache / f"tensorflow-{row.tensorflow}"
    cache.mkdir(parents=True, exist_ok=True)
    python = str(folder / "bin" / "python")
    wanted = "\n".join(row.requirements)
    mark = folder / "installed"  # written last, so that an interrupted installation starts again
    with _locked(cache / f"{folder.name}.lock"):
        has_python = Path(python).exists()  # its interpreter may have been removed since
        if not has_python or not mark.is_file() or mark.read_text() != wanted:
            print(f"installing TensorFlow {row.tensorflow}", file=sys.stderr, flush=True)
            _run([interpreter, "-m", "venv", "--clear", str(folder)])
            _run([python, "-m", "pip", "install", "--quiet", *row.requirements])
            mark.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    # Without the user's PYTHONPATH, which belongs to another interpreter.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    finished = subprocess.run(command, capture_output=True, text=True, env=clean)
    if finished.returncode:
        raise RuntimeError((finished.stdout + finished.stderr).strip()[-1500:])


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lets only one process at a time create an environment."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
