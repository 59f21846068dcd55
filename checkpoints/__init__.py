"""Weights: open a checkpoint, describe it, and plan which tensor fills which variable.

Importing this package does not import TensorFlow; opening a checkpoint does.
"""

from slimhub.checkpoints.checkpoint import Checkpoint, digest, open
from slimhub.checkpoints.description import describe, render
from slimhub.checkpoints.leftovers import Expectations
from slimhub.checkpoints.names import is_variable
from slimhub.checkpoints.selection import AVERAGES, Averages, parse_averages
from slimhub.checkpoints.unknown_layers import parse_pattern
from slimhub.checkpoints.variable_plan import Assignment, Plan, VariableInfo, plan
from slimhub.common.errors import CheckpointError

__all__ = [
    "AVERAGES",
    "Assignment",
    "Averages",
    "Checkpoint",
    "CheckpointError",
    "Expectations",
    "Plan",
    "VariableInfo",
    "describe",
    "digest",
    "is_variable",
    "open",
    "parse_averages",
    "parse_pattern",
    "plan",
    "render",
]
