"""Many exports at once: a manifest, its plan, and the workers that carry it out.

Importing this package imports neither TensorFlow nor Dask; running a plan does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.common import late_names

if TYPE_CHECKING:
    from slimhub.zoo.jobs import Job, JobOutcome, Publication

__all__ = ["Job", "JobOutcome", "Publication", "plan"]


def plan(path: Path, folder: Path | None = None, *, renews: bool = False) -> tuple[Job, ...]:
    """Plans the exports of a manifest.

    Args:
      path: of the manifest.
      folder: base of relative paths; the manifest's own folder by default.
      renews: whether to export again what another release of slimhub wrote.

    Returns:
      One job per export, in the order of the manifest; `Job.memory` is in bytes.

    Raises:
      RequestError: says what is wrong, in which table of which file, and what to do.
    """
    from slimhub.zoo import manifest

    tables = manifest.read(path)  # first, since what is refused here needs few imports
    from slimhub.zoo import planner

    return planner.plan(tables, path, folder, renews=renews)


__getattr__, __dir__ = late_names.of(__name__, {"jobs": ("Job", "JobOutcome", "Publication")})
