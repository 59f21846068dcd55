"""The request for an export, and its result."""

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

AUTO = "auto"  # as the network: the one that the checkpoint fits


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
      network: registered name, `package.module:NAME` of a custom network, or `AUTO`.
      checkpoint: archive, URL, folder, prefix or file.
      output: folder to write.
      task: one of `nets.TASKS`.
      checkpoint_name: which of several checkpoints to use.
      sha256: expected hex digest of an archive or file.
      averages: `auto`, `shadow` or `raw`.
      labels: path of a text file with one label per line.
      overwrite: whether to replace an existing artifact at the output.
      proof: one of `export.verify.MODES`: what to prove before the artifact is put in place.
      ignore_leftover: regular expression for names of layers that the network does not have, to
        leave out at the user's own risk; None to refuse such layers.
      scope: prefix of the network's names in the checkpoint; None for none, or with `AUTO` for the
        one that is found.
      options: of the network.
    """

    def __init__(self, *values: Any, options: NetworkOptions | None = None, **named: Any) -> None:
        """Takes the attributes, and single network options by name: `num_classes=7`.

        Args:
          values: attributes in order.
          options: of the network.
          named: attributes by name, and options, which override those in `options`.
        """
        single = {name: named.pop(name) for name in NetworkOptions.names() if name in named}
        named["options"] = dataclasses.replace(options or NetworkOptions(), **single)
        super().__init__(*values, **named)

    def spec(self) -> nets.NetworkSpec:
        """The network with the request's options.

        Raises:
          nets.NetworkError: if the name is unknown, or an option is out of range.
          RequestError: see `check`.
        """
        self.check()
        return self.subject().spec()

    def check(self) -> None:
        """Refuses what is wrong for every network.

        Raises:
          RequestError: for an unknown task, proof mode or kind of averages, a pattern that is not a
            regular expression, or an option that needs the other task.
        """
        if self.task not in nets.TASKS:
            raise RequestError(f"the task must be {' or '.join(nets.TASKS)}, not {self.task!r}")
        if self.proof not in MODES:
            raise RequestError(f"the proof must be {' or '.join(MODES)}, not {self.proof!r}")
        checkpoints.parse_averages(self.averages)
        checkpoints.parse_pattern(self.ignore_leftover)
        if self.options.drop_background and self.task != "classification":
            raise RequestError(
                f"{option('drop_background')} needs {option('task', 'classification')}: "
                "leave it out, or change the task"
            )
        if self.options.last_layer is not None and self.task != "feature_vector":
            raise RequestError(
                f"{option('last_layer')} needs {option('task', 'feature_vector')}: the logits come "
                "after the network's own last layer"
            )

    def subject(self) -> Subject:
        """The subject of the proof."""
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
        """The request as JSON data with flat options: `Request(**json)` is equal to it."""
        values = dataclasses.asdict(self)
        options: dict[str, Any] = values.pop("options")
        return values | options

    def command(self, checkpoint_name: str) -> str:
        """The command line that repeats this export, without any path of this machine.

        Args:
          checkpoint_name: the name of the checkpoint without its folder.
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
      record: of the artifact, as written there.
      network_choice: why this network, if none was named.
      choice: why this checkpoint, if the source held several.
      filled: lines that say what filled the variables, and what was left over.
      bytes: size of the artifact.
      proof: the proof, or None.
      graph_choice: the options that the original graph showed, and which of them were not taken,
        in words; empty if there is nothing to say.
    """

    output: Path
    record: Record
    network_choice: str
    choice: str
    filled: list[str]
    bytes: int
    proof: Proof | None
    graph_choice: str = ""
