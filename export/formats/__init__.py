"""Other file formats of an artifact, each file with its proof.

Importing this package imports neither TensorFlow nor a runtime.
"""

from slimhub.export.formats import companions
from slimhub.export.formats.conversion import PHASES, Conversion, convert
from slimhub.export.formats.conversion_request import ConversionRequest
from slimhub.export.formats.file_formats import FORMATS, QUANTIZATIONS

__all__ = [
    "FORMATS",
    "PHASES",
    "QUANTIZATIONS",
    "Conversion",
    "ConversionRequest",
    "companions",
    "convert",
]
