"""Feeds everything that reads foreign files with bytes that try each of its branches.

    python -m scripts.fuzz [--seconds 600] [--target NAME]

Each target gets the same share of the time, in a process of its own. Needs the extra `fuzz`
(atheris, which has releases for Python 3.11 to 3.13). Exit code 1 if a target raised what is not
one of slimhub's own errors; what it was fed with is then in `build/fuzz/NAME`.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

_FOLDER = Path("build", "fuzz")
_LONGEST = 4096  # bytes
_PATIENCE = 20  # seconds for one input


def main() -> int:
    """Runs one target, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--target", metavar="NAME")
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("fuzzing needs atheris: pip install 'slimhub[fuzz]'", file=sys.stderr)
        return 2
    if arguments.target is not None:
        _fuzz(arguments.target, arguments.seconds)
        return 0
    from scripts.fuzz_targets import TARGETS

    failed = []
    for name in TARGETS:
        share = max(1, arguments.seconds // len(TARGETS))
        command = [sys.executable, "-m", "scripts.fuzz", f"--target={name}", f"--seconds={share}"]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line for line in finished.stderr.splitlines() if line.strip()]
        done = [line for line in lines if "DONE" in line or line.startswith("Done ")]
        print(f"{name:10s} {(done or lines or ['nothing'])[-1]}", flush=True)
        if finished.returncode:
            failed.append(name)
            print("\n".join(lines[-40:]), flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "no traceback")
    return 1 if failed else 0


def _fuzz(name: str, seconds: int) -> None:
    """Runs a target until its time is over; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["slimhub"]):
        from scripts import fuzz_targets

    seed = fuzz_targets.TARGETS[name][1]
    fuzz_targets.feed(name, seed)  # imports what it needs, TensorFlow too, before time counts
    corpus = _FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / "seed").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_PATIENCE}"]
    options += [f"-artifact_prefix={corpus}/", "-verbosity=1", str(corpus)]
    atheris.Setup([sys.argv[0], *options], lambda data: fuzz_targets.feed(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
