"""The networks that slimhub can rebuild: specs, options, and stored facts.

Importing this package does not import TensorFlow; building a network does.
"""

from slimhub.common.errors import NetworkError
from slimhub.nets.catalogue.endpoints import Endpoint, describe_endpoints, describe_shapes
from slimhub.nets.catalogue.fits import Fit, find_named
from slimhub.nets.catalogue.fits import find as find_fits
from slimhub.nets.catalogue.stored import (
    count_macs,
    count_parameters,
    has_stored_layers,
    is_statistic,
)
from slimhub.nets.catalogue.stored import variables as stored_variables
from slimhub.nets.custom import before_import
from slimhub.nets.options import OUTPUT_STRIDES, NetworkOptions
from slimhub.nets.registry import get, names, suggest
from slimhub.nets.spec import PHONES, TASKS, NetworkSpec, Paper, Published

__all__ = [
    "OUTPUT_STRIDES",
    "PHONES",
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
    "describe_shapes",
    "find_fits",
    "find_named",
    "get",
    "has_stored_layers",
    "is_statistic",
    "names",
    "stored_variables",
    "suggest",
]
