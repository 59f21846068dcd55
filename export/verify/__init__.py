"""Proof that an artifact keeps the contract and computes what its source computes.

Importing this package does not import TensorFlow; the processes that it starts do.
"""

from slimhub.export.verify.proof import MODES, Check, Proof
from slimhub.export.verify.subject import Subject
from slimhub.export.verify.verification import PHASES, verify

__all__ = ["MODES", "PHASES", "Check", "Proof", "Subject", "verify"]
