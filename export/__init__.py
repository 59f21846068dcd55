"""One export, from a request to a SavedModel on disk.

Importing this package does not import TensorFlow; exporting does.
"""

from slimhub.common.errors import ExportError, RequestError
from slimhub.common.version import __version__
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
