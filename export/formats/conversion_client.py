"""Starts the process that converts, which imports TensorFlow, and waits for it or ends it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from slimhub.common.json_process import start_python
from slimhub.common.progress import OnPhase
from slimhub.common.work_client import WorkClient

_START = functools.partial(start_python, "slimhub.export.formats.conversion_process")


class ConversionClient(WorkClient):
    """One conversion in a process of its own: the caller does not import TensorFlow."""

    def __init__(self) -> None:
        """Starts the process, which waits for `write`."""
        super().__init__(_START, "conversion")

    def write(self, artifact: str, paths: Sequence[str], on_phase: OnPhase) -> None:
        """Like `companions.write`; existing files are replaced, and the process ends.

        Args:
          artifact: its folder.
          paths: of the files.
          on_phase: called with what is done.

        Raises:
          ExportError: as `companions.write`; also if the process ends early, or was stopped.
        """
        self.ask({"artifact": artifact, "paths": list(paths)}, on_phase)
