"""Checks the types of the package as it is installed: `python -m scripts.check_types [FLAGS]`.

The rooms are folders of the repository and parts of `slimhub` only once they are installed, so
mypy reads an unpacked wheel. The wheel is built from a copy, which leaves nothing behind here.
Flags go to mypy; its settings are in pyproject.toml.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")


def main(flags: list[str]) -> int:
    """Builds a wheel, unpacks it and checks it.

    Args:
      flags: for mypy, after those that this program sets.

    Returns:
      mypy's exit code.
    """
    with tempfile.TemporaryDirectory(prefix="slimhub-types-") as scratch:
        unpacked = _unpack(_build(Path(scratch)), Path(scratch, "unpacked"))
        command = [
            *(sys.executable, "-m", "mypy", "slimhub"),
            f"--config-file={REPOSITORY / 'pyproject.toml'}",
            f"--python-executable={sys.executable}",
            f"--cache-dir={REPOSITORY / '.mypy_cache'}",
            *flags,
        ]
        return subprocess.run(command, cwd=unpacked, check=False).returncode


def _build(scratch: Path) -> Path:
    """The wheel of the repository."""
    source = scratch / "source"
    shutil.copytree(REPOSITORY, source, ignore=_NOT_COPIED)
    command = [
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(scratch), str(source)),
    ]
    subprocess.run(command, check=True)
    (wheel,) = scratch.glob("*.whl")
    return wheel


def _unpack(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
