"""Proof: an artifact keeps the contract and computes what its source computes.

Importing this package imports no TensorFlow; the processes that it starts do.
"""

from export.verify.proof import MODES, Check, Proof
from export.verify.subject import Subject
from export.verify.verifying import PHASES, verify

__all__ = ["MODES", "PHASES", "Check", "Proof", "Subject", "verify"]
