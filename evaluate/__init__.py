"""Figures that are measured: accuracy on labeled pictures, and latency.

Importing this package does not import TensorFlow, and its parts are imported when they are first
used, since publishing only reads records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slimhub.common import late_names

if TYPE_CHECKING:
    from slimhub.evaluate.evaluation import PHASES, Evaluation, evaluate
    from slimhub.evaluate.evaluation_record import EvaluationRecord
    from slimhub.evaluate.evaluation_request import PREPROCESSING, EvaluationRequest

__all__ = [
    "PHASES",
    "PREPROCESSING",
    "Evaluation",
    "EvaluationRecord",
    "EvaluationRequest",
    "evaluate",
]

__getattr__, __dir__ = late_names.of(
    __name__,
    {
        "evaluation": ("PHASES", "Evaluation", "evaluate"),
        "evaluation_record": ("EvaluationRecord",),
        "evaluation_request": ("PREPROCESSING", "EvaluationRequest"),
    },
)
