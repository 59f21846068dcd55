"""TF1 checkpoints: open, describe, resolve moving averages, map onto variables.

Importing this package imports no TensorFlow; opening a checkpoint does.
"""

from checkpoints.checkpoint import Checkpoint, digest, open
from checkpoints.describing import describe, render
from checkpoints.errors import CheckpointError
from checkpoints.names import is_variable
from checkpoints.planning import Assignment, Plan, VariableInfo, plan

__all__ = [
    "Assignment",
    "Checkpoint",
    "CheckpointError",
    "Plan",
    "VariableInfo",
    "describe",
    "digest",
    "is_variable",
    "open",
    "plan",
    "render",
]
