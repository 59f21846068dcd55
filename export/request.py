"""What an export is asked for, and what it answers."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Any

from slimhub import checkpoints, nets
from slimhub.common.errors import RequestError, option
from slimhub.export.record import Record
from slimhub.export.verify.proof import MODES, Proof
from slimhub.export.verify.subject import Source, Subject
from slimhub.nets import NetworkOptions

AUTO = "auto"  # in place of a network: the one that the checkpoint fits


@dataclasses.dataclass(frozen=True)
class _RequestFields:
    network: str
    checkpoint: str
    output: str
    task: str = "feature_vector"
    checkpoint_name: str | None = None
    sha256: str | None = None
    averages: checkpoints.Averages = "auto"
    labels: str | None = None
    overwrite: bool = False
    proof: str = "full"
    ignore_leftover: str | None = None
    scope: str | None = None
    options: NetworkOptions = dataclasses.field(default_factory=NetworkOptions)


class Request(_RequestFields):
    """One export.

    Attributes:
      network: registered name, `package.module:NAME` of one's own, or `AUTO`.
      checkpoint: archive, URL, folder, prefix or file.
      output: folder to be written.
      task: one of `nets.TASKS`.
      checkpoint_name: which of several checkpoints.
      sha256: expected hex digest of an archive or file.
      averages: `auto`, `shadow` or `raw`.
      labels: path of a text file with one label per line.
      overwrite: replace an artifact that is at the output.
      proof: one of `export.verify.MODES`: what is proved before the artifact is put in place.
      ignore_leftover: regular expression of the names of layers that the network does not have and
        that are left out at the owner's risk; None where such layers are refused.
      scope: prefix in front of the network's names in the checkpoint; None for none, or with `AUTO`
        for the one that is found.
      options: of the network.
    """

    def __init__(self, *values: Any, options: NetworkOptions | None = None, **named: Any) -> None:
        """Takes the attributes, and single options of the network by name: `num_classes=7`.

        Args:
          values: attributes in their order.
          options: of the network.
          named: attributes by name, and options, which go before those of `options`.
        """
        single = {name: named.pop(name) for name in NetworkOptions.names() if name in named}
        named["options"] = dataclasses.replace(options or NetworkOptions(), **single)
        super().__init__(*values, **named)

    def spec(self) -> nets.NetworkSpec:
        """The network with the request's options.

        Raises:
          nets.NetworkError: for an unknown name or an option out of range.
          RequestError: as `check`.
        """
        self.check()
        return self.subject().spec()

    def check(self) -> None:
        """Refuses what is wrong with any network.

        Raises:
          RequestError: for an unknown task, mode of proof or kind of averages, a pattern that
            is not a regular expression, and a background without classes.
        """
        if self.task not in nets.TASKS:
            raise RequestError(f"the task must be {' or '.join(nets.TASKS)}, not {self.task!r}")
        if self.proof not in MODES:
            raise RequestError(f"the proof must be {' or '.join(MODES)}, not {self.proof!r}")
        checkpoints.parse_averages(self.averages)
        checkpoints.parse_pattern(self.ignore_leftover)
        if self.options.drop_background and self.task != "classification":
            raise RequestError(
                f"only {option('task', 'classification')} has a background class to drop"
            )

    def subject(self) -> Subject:
        """What the proof is about."""
        return Subject(self.network, self.task, self.options)

    def source(self, checkpoint: checkpoints.Checkpoint) -> Source:
        """What the proof compares with.

        Args:
          checkpoint: open.
        """
        prefix = str(checkpoint.prefix)
        graphs = list(map(str, checkpoint.graph_files))
        return Source(
            prefix,
            self.averages,
            self.ignore_leftover,
            checkpoint.format,
            graphs,
            checkpoint.scope,
        )

    def to_json(self) -> dict[str, Any]:
        """The request as JSON, the options among the attributes: `Request(**json)` is the same."""
        values = dataclasses.asdict(self)
        options: dict[str, Any] = values.pop("options")
        return values | options

    def command(self, checkpoint_name: str) -> str:
        """The command line that repeats this export, without any path of the machine.

        Args:
          checkpoint_name: what the checkpoint is called without its folder.
        """
        flags = self.to_json() | {
            "checkpoint": checkpoint_name,
            "labels": self.labels and Path(self.labels).name,
        }
        defaults = Request("", "", "").to_json()
        unneeded = ("network", "output", "overwrite")
        words = ["slimhub", "export", self.network]
        for name, value in flags.items():
            if name not in unneeded and (name == "task" or value != defaults[name]):
                words.append(f"--{name}" if value is True else f"--{name}={value}")
        return shlex.join(words)


@dataclasses.dataclass(frozen=True)
class Result:
    """A finished export.

    Attributes:
      output: the artifact's folder.
      record: of the artifact, as it is in there.
      network_choice: why this network, where none was named.
      choice: why this checkpoint, where the source held several.
      filled: lines that say what filled the variables and what was left over.
      bytes: size of the artifact.
      proof: what was proved, or None.
    """

    output: Path
    record: Record
    network_choice: str
    choice: str
    filled: list[str]
    bytes: int
    proof: Proof | None
