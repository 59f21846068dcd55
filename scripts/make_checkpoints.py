"""Makes the checkpoints that a manifest of `slimhub zoo` asks for, of networks nobody trained.

    python -m scripts.make_checkpoints MANIFEST FOLDER [--jobs N]

Each is written where the manifest expects it when run with `--folder=FOLDER`, as
`scripts.make_checkpoint` makes them; what is there already stays. Those of `samples/published.toml`
take about a quarter of an hour on two cores and 2 GB of disk; then

    slimhub zoo samples/published.toml --folder=FOLDER

builds and publishes the zoo without the internet. With such weights `resnet_v2_101` and
`resnet_v2_152` amplify rounding so much that gradients differ by more than the proof allows: these
four are reported as failed, by `slimhub export` as well.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from pathlib import Path

from export.verify.subject import Subject
from publish import zoo


def wanted(manifest: Path, folder: Path) -> dict[Path, Subject]:
    """The checkpoints of a manifest that are not there yet: networks by prefix.

    Args:
      manifest: of `slimhub zoo`; it names checkpoints by prefix, such as
        `checkpoints/{network}/model.ckpt-1`.
      folder: what its relative paths begin at.
    """
    requests = [job.request for job in zoo.plan(manifest, folder)]
    found = {Path(request.checkpoint): request.subject() for request in requests}
    return {prefix: subject for prefix, subject in found.items() if not _index(prefix).exists()}


def _index(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _make(item: tuple[Path, Subject]) -> str:
    """Runs in a process of its own: makes one, and returns the network's name."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from scripts import make_checkpoint

    prefix, subject = item
    make_checkpoint.make(subject.spec(), prefix)
    return subject.network


def main() -> int:
    """Makes them, and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    arguments = parser.parse_args()
    todo = wanted(arguments.manifest, arguments.folder)
    # A process for each: what TensorFlow 1 needed for a network is given back.
    context = multiprocessing.get_context("spawn")
    with context.Pool(arguments.jobs, maxtasksperchild=1) as pool:
        for number, network in enumerate(pool.imap_unordered(_make, todo.items()), 1):
            print(f"{number} of {len(todo)}: {network}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
