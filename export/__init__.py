"""One export, from a request to a SavedModel on disk.

Importing this package does not import TensorFlow; exporting does. What exports, and what is asked
of it, is imported when it is first used: most of this room's users read records alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slimhub.common import late_names
from slimhub.common.errors import ExportError, RequestError
from slimhub.common.version import __version__

if TYPE_CHECKING:
    from slimhub.export.exporter import PHASES, export
    from slimhub.export.request import Request, Result

__all__ = [
    "PHASES",
    "ExportError",
    "Request",
    "RequestError",
    "Result",
    "__version__",
    "export",
]

__getattr__ = late_names.of(
    __name__, {"exporter": ("PHASES", "export"), "request": ("Request", "Result")}
)
