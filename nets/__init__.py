"""Network definitions on TF-Slim, and the registry of what can be rebuilt.

Importing this package imports no TensorFlow; building a network does.
"""

from nets.endpoints import Endpoint, describe_endpoints
from nets.errors import NetworkError
from nets.fitting import Fit
from nets.fitting import find as find_fits
from nets.own import before_import
from nets.registry import get, names
from nets.spec import OPTIONS, TASKS, NetworkSpec, Paper, Published
from nets.stored import count_macs, count_parameters
from nets.stored import variables as stored_variables

__all__ = [
    "OPTIONS",
    "TASKS",
    "Endpoint",
    "Fit",
    "NetworkError",
    "NetworkSpec",
    "Paper",
    "Published",
    "before_import",
    "count_macs",
    "count_parameters",
    "describe_endpoints",
    "find_fits",
    "get",
    "names",
    "stored_variables",
]
