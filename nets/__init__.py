"""Network definitions on TF-Slim, and the registry of what can be rebuilt.

Importing this package imports no TensorFlow; building a network does.
"""

from slimhub.common.errors import NetworkError
from slimhub.nets.catalogue.endpoints import Endpoint, describe_endpoints
from slimhub.nets.catalogue.fits import Fit, find_named
from slimhub.nets.catalogue.fits import find as find_fits
from slimhub.nets.catalogue.stored import count_macs, count_parameters, is_statistic
from slimhub.nets.catalogue.stored import variables as stored_variables
from slimhub.nets.custom import before_import
from slimhub.nets.options import NetworkOptions
from slimhub.nets.registry import get, names
from slimhub.nets.spec import TASKS, NetworkSpec, Paper, Published

__all__ = [
    "TASKS",
    "Endpoint",
    "Fit",
    "NetworkError",
    "NetworkOptions",
    "NetworkSpec",
    "Paper",
    "Published",
    "before_import",
    "count_macs",
    "count_parameters",
    "describe_endpoints",
    "find_fits",
    "find_named",
    "get",
    "is_statistic",
    "names",
    "stored_variables",
]
