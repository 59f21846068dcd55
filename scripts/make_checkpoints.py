"""Makes the checkpoints that a manifest of `slimhub zoo` needs, of untrained networks.

    python -m scripts.make_checkpoints MANIFEST FOLDER [--jobs N]

Each is written where the manifest expects it when run with `--folder=FOLDER`, in the same way as
`scripts.make_checkpoint`; existing ones are kept. Those of `samples/published.toml` take about a
quarter of an hour on two cores and 2 GB of disk; then

    slimhub zoo samples/published.toml --folder=FOLDER

builds and publishes the zoo offline.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slimhub import zoo
from slimhub.cli.argument_refusals import RefusingParser
from slimhub.common.errors import RequestError, SlimhubError
from slimhub.export.verify.subject import Subject

_ARCHIVES = (".tgz", ".tar", ".gz", ".zip")  # suffixes of what is not a prefix


def wanted(manifest: Path, folder: Path) -> dict[Path, Subject]:
    """The missing checkpoints of a manifest: networks by prefix.

    Args:
      manifest: of `slimhub zoo`; it names checkpoints by prefix, such as
        `checkpoints/{network}/model.ckpt-1`.
      folder: base of its relative paths.

    Raises:
      RequestError: if the manifest is refused, or its checkpoints are not prefixes.
    """
    requests = [job.request for job in zoo.plan(manifest, folder)]
    found: dict[Path, Subject] = {}
    for request in requests:
        prefix, subject = Path(request.checkpoint), request.subject()
        if "://" in request.checkpoint or prefix.suffix in _ARCHIVES:
            raise RequestError(f"{request.checkpoint} is not a prefix: only prefixes can be made")
        made = found.setdefault(prefix, subject)
        if (made.network, made.options) != (subject.network, subject.options):
            raise RequestError(f"{prefix} is used with different options: use two prefixes")
    return {prefix: subject for prefix, subject in found.items() if not _index(prefix).exists()}


def _index(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _make(prefix: Path, subject: Subject) -> None:
    """Runs in a separate process: makes one checkpoint."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from scripts import make_checkpoint

    make_checkpoint.make(subject.spec(), prefix)


def _make_in_process(item: tuple[Path, Subject]) -> tuple[str, int]:
    """Makes one in a separate process to free its memory; returns name and exit code."""
    process = multiprocessing.get_context("spawn").Process(target=_make, args=item)
    process.start()
    process.join()
    return item[1].network, process.exitcode


def main() -> int:
    """Makes them, and prints a line for each; exit code 1 if one could not be made."""
    parser = RefusingParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    arguments = parser.parse_args()
    try:
        todo = wanted(arguments.manifest, arguments.folder)
    except SlimhubError as error:
        parser.error(str(error))
    failed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for number, (network, code) in enumerate(pool.map(_make_in_process, todo.items()), 1):
            failed += code != 0
            said = f"ended with exit code {code}: out of memory?" if code else "made"
            print(f"{number} of {len(todo)}: {network} {said}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
