"""Compares slimhub with its peers, in turn on the same machine.

    python -m scripts.benchmark [SUBJECT ...] [--rounds 3]

Each figure is a ratio to a peer measured in the same run, the median of several rounds. Without a
subject everything is measured, in about half an hour on two cores. The exit code is 1 if a goal is
missed.

`export`: a cold `slimhub export` of MobileNet V3 small 0.75, with and without its proof, compared
with building `keras.applications.MobileNetV3Small` and `model.export` on it, which proves nothing;
and the seconds of each phase; once more with a core kept busy. CPU seconds are those of all
processes, memory is that of the largest one; the proof itself has three.
`artifact`: load, size, nodes and inference compared with Keras' export of the same network, and the
share of TensorFlow's kernels. `step`: fine-tuning in ten processes each, quiet and one core busy.
`verify`: compared with loading and two calls, and with the export. `formats`: latency and size of
LiteRT and ONNX files compared with Keras' LiteRT file of the same network, and with the artifact.
`evaluate`: CPU time of `slimhub evaluate` for each picture compared with a bare loop of tf.data.
`publish`: `slimhub bundle` compared with `tar | gzip` and `pigz`. `zoo`: exports per minute with
one worker and two, compared with one cold process per export. `--json FILE` also writes the figures
to a file.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from scripts.benchmarks import (
    artifact_cost,
    bundle_cost,
    cold_export,
    evaluation_cost,
    format_cost,
    step_cost,
    verify_cost,
    zoo,
)
from scripts.benchmarks.costs import Ratio, machine
from slimhub.cli.argument_refusals import RefusingParser


def _export(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    return cold_export.compare(rounds), {"seconds of each phase": cold_export.phases(rounds)}


def _artifact(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    ratios, shares = artifact_cost.compare(rounds)
    return ratios, {"share of kernels, by batch": shares}


def _step(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    return step_cost.compare()  # ten processes each


def _verify(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    return verify_cost.compare(rounds), {}


def _formats(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    return format_cost.compare(rounds)


def _evaluate(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    return evaluation_cost.compare(rounds)


def _publish(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    return bundle_cost.compare(rounds), {}


def _zoo(rounds: int) -> tuple[list[Ratio], dict[str, Any]]:
    ratios, details = zoo.compare()  # six exports each: these have their own rounds
    return ratios, {"zoo": details}


_SUBJECTS = {
    "export": _export,
    "artifact": _artifact,
    "step": _step,
    "verify": _verify,
    "formats": _formats,
    "evaluate": _evaluate,
    "publish": _publish,
    "zoo": _zoo,
}


def main() -> int:
    """Measures and prints; exit code 1 if a goal is missed."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(_SUBJECTS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    unknown = set(arguments.subjects) - set(_SUBJECTS)
    if unknown or arguments.rounds < 1:
        parser.error(f"subjects are {', '.join(_SUBJECTS)}, with at least one round")
    # The peers are installed, and their files compiled; ours are from their first import on.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    print(f"{'':44}{'ours':>10}{'peer':>10} {'':6}{'ratio':>7}")
    all_ratios, all_details = [], {}
    for subject in arguments.subjects or _SUBJECTS:
        ratios, details = _SUBJECTS[subject](arguments.rounds)
        print("\n".join(ratio.line() for ratio in ratios), flush=True)
        for title, values in details.items():
            print(f"{title}: {', '.join(f'{name} {value:.2f}' for name, value in values.items())}")
        all_ratios += ratios
        all_details |= details
    if arguments.json:
        found = [dataclasses.asdict(ratio) | {"ratio": ratio.value} for ratio in all_ratios]
        content = {"machine": machine(), "ratios": found, "details": all_details}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n")
    return int(any(ratio.is_missed for ratio in all_ratios))


if __name__ == "__main__":
    sys.exit(main())
