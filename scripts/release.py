"""Builds a release, and tries it on several Pythons as its users would.

    python -m scripts.release dist --python=python3.10 --python=python3.13

writes the source archive of the last commit and, from that, the wheel to `dist`. Each Python gets
an environment of its own with the wheel and all extras, at the versions of the constraints, in a
temporary folder. In it `scripts/release_trial.py` runs, with the samples and no other file of the
repository: every command, all formats, a hub. Expect five minutes for a Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from scripts.wheel import REPOSITORY, pack
from slimhub.cli.argument_refusals import RefusingParser

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FOR_DEVELOPERS = {"test", "docs", "fuzz"}  # extras that nobody needs in order to use slimhub
_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def build(folder: Path) -> tuple[Path, Path]:
    """Builds the source archive of the last commit, and the wheel from that archive.

    Args:
      folder: receives both.

    Returns:
      Paths of the source archive and of the wheel.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        source, packed = Path(scratch, "source"), Path(scratch, "source.tar")
        command = ["git", "archive", "--format=tar", f"--output={packed}", "HEAD"]
        subprocess.run(command, cwd=REPOSITORY, check=True)
        with tarfile.open(packed) as archive:
            archive.extractall(source, filter="data")
        command = [sys.executable, "-c", _SDIST, str(folder.absolute())]
        subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
        sdist = max(folder.glob("slimhub-*.tar.gz"), key=lambda path: path.stat().st_mtime)
        with tarfile.open(sdist) as archive:
            archive.extractall(scratch, filter="data")
        return sdist, pack(Path(scratch, sdist.name.removesuffix(".tar.gz")), folder)


def extras() -> list[str]:
    """The extras for users, by name."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    return sorted(project["optional-dependencies"].keys() - _FOR_DEVELOPERS)


def try_out(python: str, wheel: Path) -> bool:
    """Installs a wheel with all extras in a new environment, and uses it; says how it went.

    Args:
      python: command of the interpreter.
      wheel: of slimhub.
    """
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch, "environment")
        subprocess.run([python, "-m", "venv", str(environment)], check=True)
        inside = str(environment / "bin" / "python")
        install = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install += ["-c", str(REPOSITORY / "requirements" / "constraints.txt")]
        wanted = f"slimhub[{','.join(extras())}] @ {wheel.absolute().as_uri()}"
        if subprocess.run([*install, wanted]).returncode:
            print(f"{python}: the installation failed", flush=True)
            return False
        installed = time.perf_counter()
        trial = Path(scratch, "trial")
        shutil.copytree(REPOSITORY / "samples", trial / "samples")
        shutil.copy(REPOSITORY / "scripts" / "release_trial.py", trial)
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        tried = subprocess.run([inside, "release_trial.py"], cwd=trial, env=clean)
    now = time.perf_counter()
    seconds = f"{installed - start:.0f} s to install, {now - installed:.0f} s to try"
    print(f"{python}: {'FAILED' if tried.returncode else 'passed'}, {seconds}", flush=True)
    return not tried.returncode


def main() -> int:
    """Builds, and tries the wheel on each Python; exit code 1 if one fails."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="receives source archive and wheel")
    parser.add_argument("--python", action="append", default=[], help="command; can be repeated")
    arguments = parser.parse_args()
    archive, wheel = build(arguments.folder)
    for path in (archive, wheel):
        print(f"{path.name}, {path.stat().st_size / 1e6:.2f} MB", flush=True)
    return int(not all([try_out(python, wheel) for python in arguments.python]))


if __name__ == "__main__":
    sys.exit(main())
