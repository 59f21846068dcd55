"""slimhub: turns TF-Slim checkpoints into TF2 SavedModels for TensorFlow Hub's users."""

from slimhub.common.version import __version__

__all__ = ["__version__"]
