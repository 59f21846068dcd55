"""A process that evaluates one artifact, for callers that must not import TensorFlow."""

from __future__ import annotations

from slimhub.common import work_process
from slimhub.common.json_process import Message
from slimhub.common.progress import OnPhase
from slimhub.evaluate import evaluation
from slimhub.evaluate.evaluation_request import EvaluationRequest


def main() -> None:
    """Evaluates what stdin asks for, see `work_process.serve`."""
    work_process.serve(_evaluate, "evaluation")


def _evaluate(request: Message, on_phase: OnPhase) -> Message:
    found = evaluation.evaluate(EvaluationRequest(**request), on_phase=on_phase)
    return {"top1": found.record.top1}
