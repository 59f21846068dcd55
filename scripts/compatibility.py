"""Tries an artifact on every TensorFlow from 1.15 to today.

    python -m scripts.compatibility ARTIFACT [--rows 1.15.5,2.0.4] [--json FILE]

Each row is a release in its own environment, which is created on first use in the user's cache
folder (a minute or two each). There, `compatibility_consumer.py` uses the artifact as a stranger
would. The rows are compared with the TensorFlow that runs this script. A row takes about a minute.
Prints a table; the exit code is 1 if anything failed or no row could be run, and 2 if this
TensorFlow cannot use the artifact either. A row whose interpreter is missing is not run, which does
not count as a pass.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts import compatibility_rows
from slimhub.cli.argument_refusals import RefusingParser

CONSUMER = Path(__file__).with_name("compatibility_consumer.py")
_TIMEOUT = 900  # seconds for one row
_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3"}

Results = dict[str, dict[str, Any]]  # by check: status, difference, detail


def default_cache() -> Path:
    """The folder of the environments."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("slimhub")) / "compatibility"


def consume(python: str, *arguments: str) -> str:
    """Runs the consumer; returns what it printed.

    Raises:
      RuntimeError: if it fails, with the end of its stderr.
    """
    environment = os.environ | _ENVIRONMENT
    environment.pop("PYTHONPATH", None)
    finished = subprocess.run(
        [python, str(CONSUMER), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=_TIMEOUT,
    )
    if finished.returncode:
        raise RuntimeError(f"exit code {finished.returncode}: {finished.stderr[-1500:]}")
    return finished.stdout


def try_row(
    row: compatibility_rows.Row, artifact: str, expected: str, cache: Path
) -> Results | str:
    """Results of one row by check, or why it was not run."""
    interpreter = compatibility_rows.find_interpreter(row.python)
    if interpreter is None:
        return f"no Python {row.python}"
    try:
        python = compatibility_rows.environment(row, interpreter, cache)
    except RuntimeError as error:
        return f"cannot install: {str(error).splitlines()[-1]}"
    print(f"trying TensorFlow {row.tensorflow}", file=sys.stderr, flush=True)
    try:
        return json.loads(consume(python, artifact, expected).splitlines()[-1])
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return {"all": {"status": "fail", "difference": None, "detail": str(error)}}


def try_rows(artifact: str, rows: list[str], cache: Path) -> dict[str, Results | str]:
    """Results by release.

    Args:
      artifact: folder of a SavedModel with slimhub's contract.
      rows: releases of `compatibility_rows.ROWS`.
      cache: folder of the environments.
    """
    with tempfile.TemporaryDirectory() as scratch:
        expected = str(Path(scratch, "expected.npz"))
        consume(sys.executable, artifact, expected, "--write")
        return {
            row.tensorflow: try_row(row, artifact, expected, cache)
            for row in compatibility_rows.ROWS
            if row.tensorflow in rows
        }


def render(results: dict[str, Results | str]) -> str:
    """A table in Markdown, with failures and their reasons below."""
    checks = max((list(r) for r in results.values() if isinstance(r, dict)), key=len, default=[])
    lines = ["| TensorFlow | " + " | ".join(check.replace("_", " ") for check in checks) + " |"]
    lines.append("|---" * (len(checks) + 1) + "|")
    details = []
    for release, result in results.items():
        if isinstance(result, str):
            lines.append(f"| {release} | not run: {result} |")
            continue
        cells = [_cell(result.get(check, result.get("all"))) for check in checks]
        lines.append(f"| {release} | " + " | ".join(cells) + " |")
        details += _details(release, result)
    return "\n".join(lines + (["", *details] if details else []))


def _details(release: str, result: Results) -> list[str]:
    """Failures with reasons; checks that failed for the same reason share a line."""
    reasons: dict[str, list[str]] = {}
    for check, outcome in result.items():
        if outcome["status"] != "pass":
            reasons.setdefault(outcome["detail"], []).append(check)
    return [f"{release}, {', '.join(names)}: {reason}" for reason, names in reasons.items()]


def _cell(outcome: dict[str, Any]) -> str:
    if outcome["status"] != "pass":
        return "FAIL"
    return "none" if outcome["difference"] is None else f"{outcome['difference']:.0e}"


def main() -> int:
    """Runs the rows and prints the table."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("artifact")
    all_rows = [row.tensorflow for row in compatibility_rows.ROWS]
    parser.add_argument("--rows", default=",".join(all_rows), help="separated by commas")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--cache", type=Path, help="folder of the environments")
    arguments = parser.parse_args()
    rows = arguments.rows.split(",")
    unknown = sorted(set(rows) - set(all_rows))
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; available: {', '.join(all_rows)}")
    if not (Path(arguments.artifact) / "saved_model.pb").is_file():
        parser.error(f"{arguments.artifact} is not a SavedModel folder")
    if arguments.json and not arguments.json.absolute().parent.is_dir():
        parser.error(
            f"the folder of {arguments.json} does not exist: create it, or choose another file"
        )
    if arguments.cache and arguments.cache.exists() and not arguments.cache.is_dir():
        parser.error(f"{arguments.cache} is not a folder: choose another one for --cache")
    try:
        results = try_rows(arguments.artifact, rows, arguments.cache or default_cache())
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        reason = str(error).strip().splitlines()[-1]
        parser.error(f"this TensorFlow cannot use {arguments.artifact} either: {reason}")
    print(render(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(_as_json(results), indent=2) + "\n")
    outcomes = [o for r in results.values() if isinstance(r, dict) for o in r.values()]
    if not outcomes:
        print("no row could be run: install one of the interpreters", file=sys.stderr)
    return int(not outcomes or any(outcome["status"] != "pass" for outcome in outcomes))


def _as_json(results: dict[str, Results | str]) -> dict[str, Results]:
    """Results in which a row that was not run has that status."""
    return {
        release: {"all": {"status": "not run", "difference": None, "detail": result}}
        if isinstance(result, str)
        else result
        for release, result in results.items()
    }


if __name__ == "__main__":
    sys.exit(main())
