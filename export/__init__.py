"""One export, from a request to a SavedModel on disk.

Importing this package does not import TensorFlow; exporting does. The exporter and its requests are
imported when they are first used, since most users of this room only read records.
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

__getattr__, __dir__ = late_names.of(
    __name__, {"exporter": ("PHASES", "export"), "request": ("Request", "Result")}
)
