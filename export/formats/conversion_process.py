"""A process that converts one artifact, for callers that must not import TensorFlow."""

from __future__ import annotations

from slimhub.common import work_process
from slimhub.common.json_process import Message
from slimhub.common.progress import OnPhase
from slimhub.export.formats import companions


def main() -> None:
    """Converts what stdin asks for, see `work_process.serve`."""
    work_process.serve(_convert, "conversion")


def _convert(request: Message, on_phase: OnPhase) -> Message:
    companions.write(request["artifact"], request["paths"], overwrite=True, on_phase=on_phase)
    return {"done": True}
