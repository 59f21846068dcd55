"""Kills exports, publishers and zoos at random moments, and looks at what they leave.

    python -m scripts.kills [--kills 200] [--seed 1]

A third of the kills each are of exports of the sample, of publishers that put it into a hub's
folder, and of zoos that do both, by SIGINT, SIGTERM, SIGHUP or SIGKILL in turn. After every kill,
each artifact must be absent or the same to the byte as that of a run that nobody disturbed, what
the hub's index names must be there and whole, and no process may live on. In the end one more run
must leave nothing but results. Prints a line for each kind; exit code 1 if anything else was found.
200 kills take half an hour on two cores.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from scripts import train_digits
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common import files
from slimhub.publish.hub import index

_SAMPLE = Path(__file__).resolve().parent.parent / "samples" / f"{train_digits.ARCHIVE}.tgz"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
_TASKS = ("feature_vector", "classification")
_ARTIFACTS = "out"  # a folder of artifacts, which are called by their task and their run
_HUB = "hub"
_MARK = "SLIMHUB_KILLS"  # an environment variable of everything that was started
_GRACE = 30.0  # seconds in which the processes of a killed run must have ended
_YOUNG = 11.0  # seconds after which a folder that nobody has locked counts as abandoned

Command = Callable[[Path, int], list[str]]  # from the folder and the number of a run


def _export(folder: Path, number: int) -> list[str]:
    (folder / _ARTIFACTS).mkdir(exist_ok=True)
    options = [f"--{name}={value}" for name, value in train_digits.OPTIONS.items()]
    output = f"--output={_ARTIFACTS}/{_TASKS[0]}-{number}"
    return ["export", train_digits.NETWORK, f"--checkpoint={_SAMPLE}", *options, output]


def _publish(folder: Path, number: int) -> list[str]:
    if number == 0:
        _run(folder, _export(folder, 0)).check_returncode()
    handle = f"--handle=local/digits/{_TASKS[0]}/{number + 1}"
    return ["publish", f"{_ARTIFACTS}/{_TASKS[0]}-0", f"hub:{_HUB}", handle]


def _zoo(folder: Path, number: int) -> list[str]:
    settings = {
        "networks": train_digits.NETWORK,
        "checkpoint": str(_SAMPLE),
        "tasks": list(_TASKS),
        "output": f"{_ARTIFACTS}/{{task}}-{number}",
        "publish": f"hub:{_HUB}",
        "handle": f"local/digits/{{task}}/{number + 1}",
        "proof": "quick",
        **train_digits.OPTIONS,
    }
    lines = [f"{name} = {value!r}".replace("'", '"') for name, value in settings.items()]
    (folder / "zoo.toml").write_text("\n".join(["[export.digits]", *lines, ""]))
    return ["zoo", "zoo.toml"]


KINDS: dict[str, Command] = {"export": _export, "publish": _publish, "zoo": _zoo}


@dataclasses.dataclass
class Tally:
    """What became of the killed runs of one kind, and what was wrong."""

    kills: int = 0
    finished: int = 0  # before the signal came, or because it came when all was in place
    problems: list[str] = dataclasses.field(default_factory=list)


def main() -> int:
    """Kills, and reports."""
    parser = RefusingParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    failed = False
    for position, (name, command) in enumerate(KINDS.items()):
        kills = len(range(position, arguments.kills, len(KINDS)))
        tally = _attack(command, kills, random.Random(arguments.seed))
        print(
            f"{name:8s} {tally.kills} killed, {tally.finished} of them had finished, "
            f"{len(tally.problems)} problems",
            *tally.problems,
            sep="\n  ",
            flush=True,
        )
        failed |= bool(tally.problems)
    return int(failed)


def _attack(command: Command, kills: int, moments: random.Random) -> Tally:
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="slimhub-kills-") as place:
        folder = Path(place, "work")
        for made in (folder, _temporary(folder)):
            made.mkdir()
        seconds = _length(folder, command(folder, 0))
        reference = {task: _digests(folder, 0, task) for task in _TASKS}
        for number, sent in zip(range(1, kills + 1), itertools.cycle(_SIGNALS), strict=False):
            process = _start(folder, command(folder, number))
            time.sleep(moments.uniform(0.1, 1.05) * seconds)
            process.send_signal(sent)
            tally.finished += process.wait() == 0
            tally.kills += 1
            found = [*_living(folder), *_halves(folder, reference), *_untruths(folder / _HUB)]
            tally.problems += [f"{number}, {sent.name}: {problem}" for problem in found]
        time.sleep(_YOUNG)
        _run(folder, command(folder, kills + 1)).check_returncode()
        tally.problems += [f"left over: {name}" for name in _remains(folder)]
    return tally


def _temporary(folder: Path) -> Path:
    return folder.with_name("temporary")


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {"TMPDIR": str(_temporary(folder)), _MARK: str(folder)}


def _command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "slimhub", *arguments]


def _start(folder: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    nowhere, environment = subprocess.DEVNULL, _environment(folder)
    return subprocess.Popen(
        _command(arguments), cwd=folder, env=environment, stdout=nowhere, stderr=nowhere
    )


def _run(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        _command(arguments), cwd=folder, env=_environment(folder), capture_output=True, check=False
    )


def _length(folder: Path, arguments: list[str]) -> float:
    """Seconds that a run takes which nobody disturbs."""
    start = time.monotonic()
    _run(folder, arguments).check_returncode()
    return time.monotonic() - start


def _digests(folder: Path, number: int, task: str) -> dict[str, files.FileDigest]:
    return files.digest_folder(folder / _ARTIFACTS / f"{task}-{number}")


def _living(folder: Path) -> Iterator[str]:
    """Processes of a killed run that do not end."""
    end = time.monotonic() + _GRACE
    while names := list(_started(folder)):
        if time.monotonic() > end:
            yield f"still running: {', '.join(names)}"
            return
        time.sleep(0.2)


def _started(folder: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK) == str(folder):
                yield f"{process.pid} {process.status()}"


def _halves(folder: Path, reference: dict[str, dict[str, files.FileDigest]]) -> Iterator[str]:
    """Artifacts that are neither absent nor whole."""
    for artifact in sorted((folder / _ARTIFACTS).glob("[!.]*")):
        if files.digest_folder(artifact) != reference[artifact.name.rpartition("-")[0]]:
            yield f"{artifact.name} is not that of an undisturbed run"


def _untruths(hub: Path) -> Iterator[str]:
    """What the index of a hub names, and is not there as it says."""
    known = index.read(hub)
    for model, versions in known.models.items() if known else ():
        for number, version in versions.items():
            copy = hub / model / str(number)
            if files.digest_folder(copy) != version.files:
                yield f"the copy of {model}/{number} differs from the index"
            if files.digest_file(copy.with_name(f"{number}.tar.gz")) != version.archive:
                yield f"the archive of {model}/{number} differs from the index"


def _remains(folder: Path) -> Iterator[str]:
    """What is there beside results: stages, journals, temporary files."""
    for place in (folder, _temporary(folder)):
        for path in sorted(place.rglob("*")):
            relative = path.relative_to(place)
            lock = relative.parts[:1] == (_HUB,) and path.name in (".slimhub", "lock")
            hidden = any(part.startswith(".") for part in relative.parts)
            if (hidden and not lock) or place != folder:
                yield str(path.relative_to(folder.parent))


if __name__ == "__main__":
    sys.exit(main())
