"""Which artifacts are not loaded unasked: whoever wrote them could run what they like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.checkpoints import index_check
from slimhub.checkpoints.string_table import TableError
from slimhub.common.errors import option
from slimhub.export.verify import foreign_operations
from slimhub.export.verify.proof import Check

if TYPE_CHECKING:
    from slimhub.export.verify.reference.artifact import Artifact

_INDEX = "variables/variables.index"
TRUST = f"if you trust whoever wrote it, load it with {option('trust')}"


def refuse(artifact: Artifact, digests: Check, advice: str = TRUST) -> list[Check]:
    """Looks at an artifact on disk before TensorFlow does.

    Args:
      artifact: not loaded yet.
      digests: the check of its files against its record.
      advice: what whoever trusts it can do.

    Returns:
      What failed, and what is not run because of that; empty if it can be loaded.
    """
    if digests.outcome == "failed":
        return _not_loaded(f"not loaded, since its files are not those of its record; {advice}")
    if fault := _fault_of_values(artifact.folder):
        return _not_loaded(f"not loaded, since {_INDEX} is damaged ({fault})")
    if found := foreign_operations.find(artifact.proto):
        return _not_loaded(f"not loaded: it has {foreign_operations.explain(found)}; {advice}")
    return []


def _fault_of_values(folder: Path) -> str:
    """What is wrong with the index of the variables; empty if nothing is, or there is none."""
    index = folder / _INDEX
    if not index.is_file():
        return ""
    try:
        index_check.check(index.with_suffix(""), index)
    except (TableError, OSError) as error:
        return str(error)
    return ""


def _not_loaded(reason: str) -> list[Check]:
    return [
        Check("contract", "loading", "failed", reason),
        Check("contract", "everything else", "not run", "it was not loaded"),
    ]
