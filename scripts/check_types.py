"""Checks the types of the package as it is installed: `python -m scripts.check_types [FLAGS]`.

The rooms are folders of the repository and parts of `slimhub` only once they are installed, so
mypy reads an unpacked wheel. The wheel is built from a copy, which leaves nothing behind here.
Flags go to mypy; its settings are in pyproject.toml.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from scripts import wheel


def main(flags: list[str]) -> int:
    """Builds a wheel, unpacks it and checks it.

    Args:
      flags: for mypy, after those that this program sets.

    Returns:
      mypy's exit code.
    """
    with tempfile.TemporaryDirectory(prefix="slimhub-types-") as scratch:
        unpacked = _unpack(wheel.build(Path(scratch)), Path(scratch, "unpacked"))
        command = [
            *(sys.executable, "-m", "mypy", "slimhub"),
            f"--config-file={wheel.REPOSITORY / 'pyproject.toml'}",
            f"--python-executable={sys.executable}",
            f"--cache-dir={wheel.REPOSITORY / '.mypy_cache'}",
            *flags,
        ]
        return subprocess.run(command, cwd=unpacked, check=False).returncode


def _unpack(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
