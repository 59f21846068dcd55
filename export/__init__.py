"""One export, from a request to a SavedModel on disk.

Importing this package does not import TensorFlow; exporting does. What exports is imported when it
is first used: a command that is only asked for its options has no need of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slimhub.common.errors import ExportError, RequestError
from slimhub.common.version import __version__
from slimhub.export.request import Request, Result

if TYPE_CHECKING:
    from slimhub.export.exporter import PHASES, export

__all__ = [
    "PHASES",
    "ExportError",
    "Request",
    "RequestError",
    "Result",
    "__version__",
    "export",
]


def __getattr__(name: str) -> Any:
    if name in ("PHASES", "export"):
        from slimhub.export import exporter

        return getattr(exporter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
