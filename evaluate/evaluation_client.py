"""Starts the process that evaluates, which imports TensorFlow, and waits for it or ends it."""

from __future__ import annotations

import dataclasses
import functools

from slimhub.common.json_process import start_python
from slimhub.common.progress import OnPhase
from slimhub.common.work_client import WorkClient
from slimhub.evaluate.evaluation_request import EvaluationRequest

_START = functools.partial(start_python, "slimhub.evaluate.evaluation_process")


class EvaluationClient(WorkClient):
    """One evaluation in a process of its own: the caller does not import TensorFlow."""

    def __init__(self) -> None:
        """Starts the process, which waits for `evaluate`."""
        super().__init__(_START, "evaluation")

    def evaluate(self, request: EvaluationRequest, on_phase: OnPhase) -> float:
        """Like `evaluation.evaluate`; the process ends.

        Args:
          request: what is evaluated.
          on_phase: called with what is done.

        Returns:
          The top-1 accuracy, a fraction.

        Raises:
          ExportError: as `evaluation.evaluate`; also if the process ends early, or was stopped.
        """
        return float(self.ask(dataclasses.asdict(request), on_phase)["top1"])
