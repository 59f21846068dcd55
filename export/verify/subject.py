"""What is to be proved, as processes tell each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from slimhub import checkpoints, nets
from slimhub.common.errors import RequestError, option
from slimhub.export.record import Record
from slimhub.nets import NetworkOptions

_AUXILIARY = r"/AuxLogits/"  # of training alone, where a network does not say otherwise


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
        """The subject that another process sent, as `dataclasses.asdict` made it."""
        return cls(**content | {"options": NetworkOptions(**content["options"])})

    def spec(self) -> nets.NetworkSpec:
        """The network with its options."""
        return nets.get(self.network).customized(self.options)

    def expectations(self, ignore_leftover: str | None) -> checkpoints.Expectations:
        """What a checkpoint may hold besides the network's variables.

        Args:
          ignore_leftover: pattern of layers that are left out at the owner's risk, or None.
        """
        spec = self.spec()
        patterns = [] if self.is_classification else [spec.head]
        patterns.append(spec.auxiliary or _AUXILIARY)
        return checkpoints.Expectations(patterns, spec.scope, ignore_leftover)

    @property
    def is_classification(self) -> bool:
        """Whether the output is logits."""
        return self.task == "classification"


@dataclasses.dataclass(frozen=True)
class Source:
    """The checkpoint an artifact was made from.

    Attributes:
      prefix: path of its files without their endings; of a graph or HDF5 its file.
      averages: `auto`, `shadow` or `raw`, as the export was asked for.
      ignore_leftover: pattern of layers that are left out at the owner's risk, or None.
      format: what it is, see `Checkpoint.format`.
      graphs: paths of files that may hold the graph it was trained in, the likeliest first.
      scope: prefix in front of the network's names, with a slash at its end; empty for none.
    """

    prefix: str
    averages: checkpoints.Averages
    ignore_leftover: str | None = None
    format: str = "V2"
    graphs: Sequence[str] = ()
    scope: str = ""


def from_record(record: Record, network: str | None = None) -> Subject:
    """The subject of an artifact that has a record.

    Args:
      record: of the artifact.
      network: the network of the user's own that it is, as the user says. What a record names is
        not imported: the artifact may be anybody's.

    Raises:
      NetworkError: for a network of someone's own that the user does not name.
    """
    described = record.network
    reference = described.reference
    if reference and network != reference:
        raise nets.NetworkError(
            f"it is a network of someone's own, {reference}: name it with "
            f"{option('network', reference)}, where that module can be imported"
        )
    options = NetworkOptions.of_record(described.settings())
    return Subject(reference or described.name, record.task, options)


def choose(
    record: Record | None, network: str | None, task: str | None, options: NetworkOptions
) -> Subject | None:
    """The subject that a user names, for an artifact with a record or without.

    Args:
      record: of the artifact, or None.
      network: what the user says that it is, or None.
      task: its task, or None.
      options: of the network, as the user gives them.

    Returns:
      None where the user names no network: the artifact says itself what it is.

    Raises:
      RequestError: where the user contradicts the record, or leaves out which network is meant.
      NetworkError: for an unknown network, or an option out of range.
    """
    given = options.given()
    if network is None:
        if given or task:
            names = ", ".join(option(name) for name in given or ["task"])
            raise RequestError(
                f"{names}: say which network is meant, too, with {option('network')}"
            )
        return None
    if record is None:
        subject = Subject(network, task or "feature_vector", options)
        subject.spec()  # refuses what is out of range
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
