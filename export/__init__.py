"""SavedModel out: graph, tf.Module, signatures, files on disk.

Importing this package imports no TensorFlow; an export does.
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
