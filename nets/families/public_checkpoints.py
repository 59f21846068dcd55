"""Where the public checkpoints are: fields of a `NetworkSpec`.

The addresses are those of TF-Slim's tables: research/slim/README.md, nets/mobilenet_v1.md and
nets/mobilenet/README.md of the repository tensorflow/models.
"""

from __future__ import annotations

from typing import TypedDict

SLIM = "https://storage.googleapis.com/download.tensorflow.org/models"
MOBILENET_V2 = "https://storage.googleapis.com/mobilenet_v2/checkpoints"
MOBILENET_V3 = "https://storage.googleapis.com/mobilenet_v3/checkpoints"


class Fields(TypedDict):
    """Those of a `NetworkSpec`."""

    checkpoint: str
    archive_url: str


NONE = Fields(checkpoint="", archive_url="")


def fields(checkpoint: str, folder: str = SLIM, ending: str = ".tar.gz") -> Fields:
    """The fields `checkpoint` and `archive_url` of a spec.

    Args:
      checkpoint: name of the archive without its ending, and the checkpoint inside it.
      folder: URL of the folder that holds the archive.
      ending: of the archive's name.
    """
    archive = checkpoint.partition("/")[0]
    return {"checkpoint": checkpoint, "archive_url": f"{folder}/{archive}{ending}"}
