"""Sets up an environment in this clone and runs one of the programs in it.

    python3 scripts/run.py demo    # the main job on the sample checkpoint
    python3 scripts/run.py test    # linter and all tests

Needs Python 3.10 to 3.13 and, the first time, access to a package index for pip (about two
minutes); the environment is the folder `.venv` of the clone, and is reused.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENT = REPOSITORY / ".venv"
CONSTRAINTS = REPOSITORY / "requirements" / "constraints.txt"

# The tests run in two passes: first most of them in four parallel processes, each with TensorFlow
# on one thread (this keeps two cores busy while some of the four wait for a server or a process),
# then those that measure time, with nothing else running. Slow tests start first
# (tests/conftest.py).
_PYTEST = ["-m", "pytest", "-q", "--durations=20"]
_SIDE_BY_SIDE = ["-n4", "--dist=loadscope", "--no-loadscope-reorder"]
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
# PYTHONPATH could lead to other packages. With PYTHONDONTWRITEBYTECODE no compiled files of slimhub
# and its tests would be kept, and each of the many processes would compile what it imports again.
_NOT_PASSED_ON = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
# Each step of a program: arguments for Python, and environment variables.
PROGRAMS = {
    "demo": [(["-m", "scripts.demo"], {})],
    "test": [
        (["-m", "ruff", "check", "."], {}),
        (["-m", "ruff", "format", "--check", "."], {}),
        (["-m", "scripts.check_types"], {}),
        ([*_PYTEST, "-m", "not large and not serial", *_SIDE_BY_SIDE], _ONE_THREAD),
        ([*_PYTEST, "-m", "serial and not large"], {}),
    ],
}


def set_up() -> str:
    """Installs slimhub with its test extra; returns the environment's interpreter.

    The digest of the requirements marks what is installed. It is written last, so that an
    interrupted installation starts again.
    """
    python = str(ENVIRONMENT / "bin" / "python")
    wanted = (sys.version, (REPOSITORY / "pyproject.toml").read_text(), CONSTRAINTS.read_text())
    digest = hashlib.sha256("".join(wanted).encode()).hexdigest()
    mark = ENVIRONMENT / "slimhub-installed"
    if mark.is_file() and mark.read_text() == digest:
        return python
    print("setting up .venv (a few minutes)", file=sys.stderr, flush=True)
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    # pip compiles what it installs, whatever the environment says, which is worth its minute: every
    # process that imports TensorFlow would take seconds longer.
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-c", str(CONSTRAINTS), "-e", f"{REPOSITORY}[test]"], check=True)
    mark.write_text(digest)
    return python


def main() -> int:
    """Runs the program named on the command line."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        print("slimhub needs Python 3.10 to 3.13", file=sys.stderr)
        return 2
    if sys.argv[1:] in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    if len(sys.argv) != 2 or sys.argv[1] not in PROGRAMS:
        print(f"usage: python3 scripts/run.py {{{','.join(PROGRAMS)}}}", file=sys.stderr)
        return 2
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    python = set_up()
    for arguments, settings in PROGRAMS[sys.argv[1]]:
        command = [python, *arguments]
        finished = subprocess.run(command, cwd=REPOSITORY, env=environment | settings)
        if finished.returncode:
            return finished.returncode
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"setting up .venv failed with exit code {error.returncode}")
    except KeyboardInterrupt:
        sys.exit(130)
