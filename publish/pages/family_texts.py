"""What pages say about a family of networks, one Markdown file per family."""

from __future__ import annotations

import dataclasses
import functools
from importlib import resources

from slimhub.nets import NetworkSpec

_SLIM = "https://github.com/tensorflow/models/tree/master/research/slim"


@dataclasses.dataclass(frozen=True)
class CheckpointList:
    """Where the public checkpoints of a family are listed, and whose they are."""

    title: str
    url: str
    project: str = "TF-Slim"


_MOBILENETS = CheckpointList("MobileNet in TF-Slim", f"{_SLIM}/nets/mobilenet#readme")
_MOBILENET_V1 = CheckpointList(
    "MobileNet V1 in TF-Slim", f"{_SLIM.replace('tree', 'blob')}/nets/mobilenet_v1.md"
)
_FACENET = CheckpointList(
    "pre-trained models of FaceNet",
    "https://github.com/davidsandberg/facenet#pre-trained-models",
    "FaceNet",
)
_DEEPLAB = CheckpointList(
    "model zoo of DeepLab",
    "https://github.com/tensorflow/models/blob/master/research/deeplab/g3doc/model_zoo.md",
    "DeepLab",
)
_OTHERS = CheckpointList("pre-trained models of TF-Slim", f"{_SLIM}#pre-trained-models")

_LISTS = {"MobileNet V1": _MOBILENET_V1, "Inception-ResNet V1": _FACENET, "Xception": _DEEPLAB}


def slug(family: str) -> str:
    """The name of the file of a family, without its ending.

    Args:
      family: of a network, such as `MobileNet V3`.
    """
    return family.lower().replace(" ", "_").replace("inception-resnet", "inception_resnet")


@functools.cache
def _read(name: str) -> str:
    file = resources.files("slimhub.publish.pages").joinpath("data", f"{name}.md")
    return file.read_text("utf-8").strip()


def text(spec: NetworkSpec) -> str:
    """What the family is for, what its variants trade, and how widths are scaled; Markdown.

    Args:
      spec: of a registered network.
    """
    return _read(slug(spec.family))


def checkpoint_list(spec: NetworkSpec) -> CheckpointList:
    """The list that the public checkpoint of a network is from.

    Args:
      spec: of a registered network.
    """
    if spec.family in _LISTS:
        return _LISTS[spec.family]
    return _MOBILENETS if spec.family.startswith("MobileNet") else _OTHERS
