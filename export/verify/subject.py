"""What is to be proved, as processes communicate it."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from typing import Any

from slimhub import checkpoints, nets
from slimhub.common.errors import RequestError, option
from slimhub.export.record import Record
from slimhub.nets import NetworkOptions

_AUXILIARY = r"/AuxLogits/"  # only from training, unless a network says otherwise


@dataclasses.dataclass(frozen=True)
class Subject:
    """A network for one task, without TensorFlow.

    Attributes:
      network: registered name.
      task: one of `nets.TASKS`.
      options: of the network.
    """

    network: str
    task: str
    options: NetworkOptions = dataclasses.field(default_factory=NetworkOptions)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Subject:
        """The subject that another process sent, created from `dataclasses.asdict`."""
        return cls(**content | {"options": NetworkOptions(**content["options"])})

    def spec(self) -> nets.NetworkSpec:
        """The network with its options."""
        return nets.get(self.network).customized(self.options)

    def expectations(self, ignore_leftover: str | None) -> checkpoints.Expectations:
        """What a checkpoint may hold in addition to the network's variables.

        Args:
          ignore_leftover: pattern of layers left out at the user's own risk, or None.
        """
        spec = self.spec()
        patterns = [] if self.is_classification else [spec.head]
        patterns.append(spec.auxiliary or _AUXILIARY)
        if spec.last_layer is not None:
            names = "|".join(map(re.escape, nets.stored_variables(self.network)))
            # Those behind it, and their averages; all before it are needed.
            patterns.append(f"^({names})(/|$)")
        return checkpoints.Expectations(patterns, spec.scope, ignore_leftover)

    @property
    def is_classification(self) -> bool:
        """Whether the output is logits."""
        return self.task == "classification"


@dataclasses.dataclass(frozen=True)
class Source:
    """The checkpoint that an artifact was made from.

    Attributes:
      prefix: path of its files without their suffixes; for graphs and HDF5, the path of the file.
      averages: `auto`, `shadow` or `raw`, as requested for the export.
      ignore_leftover: pattern of layers left out at the user's own risk, or None.
      format: see `Checkpoint.format`.
      graphs: paths of files that may hold the graph it was trained in, the likeliest first.
      scope: prefix of the network's names, with a trailing slash; empty if there is none.
    """

    prefix: str
    averages: checkpoints.Averages
    ignore_leftover: str | None = None
    format: str = "V2"
    graphs: Sequence[str] = ()
    scope: str = ""

    def has_own(self, graph: str) -> bool:
        """Whether a graph was saved with the weights, or holds them, or is the only one.

        Args:
          graph: one of `graphs`.
        """
        source = os.path.realpath(self.prefix)
        return os.path.realpath(graph) in (source, f"{source}.meta") or len(self.graphs) == 1


def from_record(record: Record, network: str | None = None) -> Subject:
    """The subject of an artifact with a record.

    Args:
      record: of the artifact.
      network: the custom network it is, according to the user. A network that only the record names
        is not imported: the artifact is untrusted.

    Raises:
      NetworkError: if it is a custom network that the user does not name.
    """
    described = record.network
    reference = described.reference
    if reference and network != reference:
        raise nets.NetworkError(
            f"the artifact is of the custom network {reference}, which is imported only if you "
            f"name it: pass {option('network', reference)} where that module can be imported"
        )
    options = NetworkOptions.of_record(described.settings())
    return Subject(reference or described.name, record.task, options)


def choose(
    record: Record | None, network: str | None, task: str | None, options: NetworkOptions
) -> Subject | None:
    """The subject that a user names, for an artifact with or without a record.

    Args:
      record: of the artifact, or None.
      network: the network it is, according to the user, or None.
      task: its task, or None.
      options: of the network, as given by the user.

    Returns:
      None if the user does not name a network: the artifact describes itself.

    Raises:
      RequestError: if the user contradicts the record, or does not name the network.
      NetworkError: if the network is unknown, or an option is out of range.
    """
    given = options.given()
    if network is None:
        if given or task:
            names = ", ".join(option(name) for name in given or ["task"])
            raise RequestError(f"{names}: also name the network, with {option('network')}")
        return None
    if record is None:
        subject = Subject(network, task or "feature_vector", options)
        subject.spec()  # refuses values that are out of range
        return subject
    recorded = from_record(record, network)
    said = {"network": network, "task": task or recorded.task} | given
    known = {"network": recorded.network, "task": recorded.task} | dataclasses.asdict(
        recorded.options
    )
    for name, value in said.items():
        if value != known[name]:
            raise RequestError(
                f"the artifact's record says {name}={known[name]}, not {value}: leave "
                f"{option(name)} out"
            )
    return recorded
