"""What is to be proved, as processes tell each other."""

from __future__ import annotations

import dataclasses
from typing import Any

import nets


@dataclasses.dataclass(frozen=True)
class Subject:
    """A network for one task, without TensorFlow.

    Attributes:
      network: registered name.
      task: one of `nets.TASKS`.
      options: of the network, by name, as `NetworkSpec.customized` takes them.
    """

    network: str
    task: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def spec(self) -> nets.NetworkSpec:
        """The network with its options."""
        return nets.get(self.network).customized(**self.options)

    @property
    def is_classification(self) -> bool:
        """Whether the output is logits."""
        return self.task == "classification"


@dataclasses.dataclass(frozen=True)
class Source:
    """The checkpoint an artifact was made from.

    Attributes:
      prefix: path of its files without their endings.
      averages: `auto`, `shadow` or `raw`, as the export was asked for.
    """

    prefix: str
    averages: str


def from_record(record: dict[str, Any]) -> Subject:
    """The subject of an artifact that has a record."""
    network = record["network"]
    names = ("depth_multiplier", "num_classes", "image_size", "feature_depth")
    return Subject(network["name"], record["task"], {name: network[name] for name in names})
