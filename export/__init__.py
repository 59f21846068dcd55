"""SavedModel out: graph, tf.Module, signatures, files on disk.

Importing this package imports no TensorFlow; an export does.
"""

from export.errors import ExportError, RequestError
from export.exporter import PHASES, export
from export.request import Request, Result
from export.version import __version__

__all__ = [
    "PHASES",
    "ExportError",
    "Request",
    "RequestError",
    "Result",
    "__version__",
    "export",
]
