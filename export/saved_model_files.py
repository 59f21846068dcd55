"""Which files a SavedModel may hold: one list, used in four ways.

An artifact written by slimhub holds the fewest. A SavedModel that may be overwritten may hold what
Keras adds. A SavedModel for a hub may hold everything that the page checker of TensorFlow Hub
accepts (tensorflow/tfhub.dev, tools/validator.py).
"""

from __future__ import annotations

_GRAPH = "saved_model.pb"
_TENSORFLOW_FILES = (_GRAPH, "fingerprint.pb")
_KERAS_FILES = ("keras_metadata.pb",)
_OLD_RELEASE_FILES = ("saved_model.pbtxt", "tfhub_module.pb")
_VARIABLES = "variables/variables."  # prefixes of their paths
ASSET_FOLDERS = ("assets", "assets.extra")

# What loading an artifact requires.
NEEDED = (_GRAPH, "variables/variables.index")

# What `--overwrite` may remove with a SavedModel: the entries of its folder.
REPLACEABLE = frozenset({*_TENSORFLOW_FILES, *_KERAS_FILES, *ASSET_FOLDERS, "variables"})


def may_be_in_artifact(name: str) -> bool:
    """Whether slimhub writes such a file; its assets are not in subfolders.

    Args:
      name: path in the artifact, with `/`.
    """
    folder, _, rest = name.rpartition("/")
    if folder in ASSET_FOLDERS:
        return bool(rest)
    return name in _TENSORFLOW_FILES or (folder == "variables" and _is_of_variables(name))


def may_be_on_hub(name: str) -> bool:
    """Whether a hub accepts such a file.

    Args:
      name: path in the SavedModel, with `/`.
    """
    folder, _, rest = name.partition("/")
    if folder in ASSET_FOLDERS:
        return bool(rest)
    return name in (*_TENSORFLOW_FILES, *_KERAS_FILES, *_OLD_RELEASE_FILES) or _is_of_variables(
        name
    )


def is_of_saved_model(name: str) -> bool:
    """Whether a file is in a place that SavedModels use, whatever its name.

    Args:
      name: path relative to the SavedModel, with `/`.
    """
    folder, _, rest = name.partition("/")
    return (bool(rest) and folder in (*ASSET_FOLDERS, "variables")) or may_be_on_hub(name)


def _is_of_variables(name: str) -> bool:
    return name.startswith(_VARIABLES) and name != _VARIABLES
