"""Which files a SavedModel may hold: one list, and the four readings of it.

An artifact that slimhub wrote holds the least, a SavedModel that may be overwritten what Keras
adds, and one that a hub takes all that the page checker of TensorFlow Hub takes
(tensorflow/tfhub.dev, tools/validator.py).
"""

from __future__ import annotations

_GRAPH = "saved_model.pb"
_OF_TENSORFLOW = (_GRAPH, "fingerprint.pb")
_OF_KERAS = ("keras_metadata.pb",)
_OF_OLDER_RELEASES = ("saved_model.pbtxt", "tfhub_module.pb")
_VARIABLES = "variables/variables."  # what their paths begin with
ASSET_FOLDERS = ("assets", "assets.extra")

# What an artifact cannot be loaded without.
NEEDED = (_GRAPH, "variables/variables.index")

# What `--overwrite` may remove with a SavedModel: the entries of its folder.
REPLACEABLE = frozenset({*_OF_TENSORFLOW, *_OF_KERAS, *ASSET_FOLDERS, "variables"})


def may_be_in_artifact(name: str) -> bool:
    """Whether slimhub writes such a file; its assets lie in no folders of their own.

    Args:
      name: path in the artifact, with `/`.
    """
    folder, _, rest = name.rpartition("/")
    if folder in ASSET_FOLDERS:
        return bool(rest)
    return name in _OF_TENSORFLOW or (folder == "variables" and _is_of_variables(name))


def may_be_on_hub(name: str) -> bool:
    """Whether a hub takes such a file.

    Args:
      name: path in the SavedModel, with `/`.
    """
    folder, _, rest = name.partition("/")
    if folder in ASSET_FOLDERS:
        return bool(rest)
    return name in (*_OF_TENSORFLOW, *_OF_KERAS, *_OF_OLDER_RELEASES) or _is_of_variables(name)


def is_of_saved_model(name: str) -> bool:
    """Whether a file is where those of a SavedModel are, whatever it is called there.

    Args:
      name: path beside the SavedModel's, with `/`.
    """
    folder, _, rest = name.partition("/")
    return (bool(rest) and folder in (*ASSET_FOLDERS, "variables")) or may_be_on_hub(name)


def _is_of_variables(name: str) -> bool:
    return name.startswith(_VARIABLES) and name != _VARIABLES
