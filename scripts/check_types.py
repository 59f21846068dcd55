"""Checks the types of the installed package: `python -m scripts.check_types [FLAGS]`.

The rooms are folders of the repository, and only become parts of `slimhub` when installed, so mypy
reads an unpacked wheel. The wheel is built from a copy, to leave nothing behind here. Flags are
passed to mypy; its settings are in pyproject.toml.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from scripts import wheel


def main() -> int:
    """Builds a wheel, unpacks it and checks it; returns mypy's exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="All flags are passed to mypy."
    )
    _, flags = parser.parse_known_args()
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
    sys.exit(main())
