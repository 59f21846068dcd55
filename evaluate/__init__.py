"""Figures that are measured: accuracy on labeled pictures, and latency.

Importing this package does not import TensorFlow.
"""

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
