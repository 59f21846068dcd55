"""The work of a proof's processes: which ones query the source, which examine the artifact."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Protocol

from slimhub.common.errors import ExportError
from slimhub.export.verify.subject import Source, Subject

if TYPE_CHECKING:
    from slimhub.export.verify.checks.evidence import Evidence
    from slimhub.export.verify.reference.artifact import Artifact


LARGE = 200e6  # bytes of variables from which the parts run one after the other


class Examiner(Protocol):
    """Examines one side of an artifact."""

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Compares an artifact with what is expected.

        Args:
          artifact: the one to examine.
          evidence: receives the checks.
        """


@dataclasses.dataclass(frozen=True)
class ProofTask:
    """What the examiners have to do.

    Attributes:
      subject: which network.
      source: its checkpoint, or None.
      mode: `full`, `quick`, or `thorough`, which is full plus the gradients of inference.
      wants_layers: whether to describe the values of all variables.
    """

    subject: Subject
    source: Source | None
    mode: str
    wants_layers: bool

    def parts(self) -> list[str]:
        """What separate processes examine."""
        return ["outputs", "gradients"] if self.has_gradients else ["outputs"]

    @property
    def has_gradients(self) -> bool:
        """Whether to compare gradients."""
        return self.source is not None and self.mode != "quick"

    @property
    def runs_session(self) -> bool:
        """Whether to run the main graph; an export's proof only reads it."""
        return self.source is None or self.mode == "thorough"

    def ask(self, outputs: Connection, gradients: Connection) -> None:
        """Computes the source's answers; its process then ends, which frees its memory.

        Args:
          outputs: receives the answers for the part of that name.
          gradients: the same for gradients.
        """
        from slimhub.export.verify.checks import gradients as gradient_checks
        from slimhub.export.verify.checks import inference, training
        from slimhub.export.verify.checks.original_judge import OriginalJudge
        from slimhub.export.verify.reference.source_network import SourceNetwork

        assert self.source is not None  # otherwise nobody would ask
        # Inference comes first, here and below: training changes statistics that it reads.
        network = SourceNetwork(self.subject, self.source, is_training=False)
        outputs.send(inference.ask(network, is_full=self.has_gradients))
        judge = OriginalJudge(self.source)
        judged = judge.ask(network)
        if not self.has_gradients:
            outputs.send(judged or judge.conclude())
            return
        if self.mode == "thorough":
            gradients.send(gradient_checks.ask(network))
        network = SourceNetwork(self.subject, self.source, is_training=True, sharing=network)
        outputs.send(training.ask(network))
        gradients.send(gradient_checks.ask(network))
        outputs.send(judged or judge.ask(network) or judge.conclude())

    def outputs(self, answers: Connection, worker: Connection) -> Iterator[Examiner]:
        """The examiners of outputs; each waits for the source's answer that it needs.

        Args:
          answers: returns the source's answers, if there is a source.
          worker: reports when the artifact is complete.
        """
        from slimhub.export.verify.checks import inference
        from slimhub.export.verify.checks.goldens import Goldens
        from slimhub.export.verify.checks.training import Training
        from slimhub.export.verify.reference import source_network

        has_source = self.source is not None
        still = _answer(answers) if has_source else None
        shapes = None if has_source else source_network.shapes(self.subject)
        yield inference.Inference(
            self.subject,
            still,
            shapes,
            wants_layers=self.wants_layers,
            runs_session=self.runs_session,
        )
        yield Goldens(worker.recv)  # before training, which changes statistics
        if self.has_gradients:
            yield Training(self.subject, _answer(answers))
        if has_source:
            yield Original(answers)

    def gradients(self, answers: Connection, worker: Connection) -> Iterator[Examiner]:
        """The examiners of gradients; each waits for the source's answer that it needs.

        Args:
          answers: returns the source's answers.
          worker: not needed.
        """
        from slimhub.export.verify.checks.gradients import Gradients

        for _ in range(1 + (self.mode == "thorough")):
            yield Gradients(_answer(answers))


class Original:
    """Receives what the source's process found out about the original graph, at the end."""

    def __init__(self, answers: Connection) -> None:
        """Initializes; the answer may come later."""
        self._answers = answers

    def examine(self, artifact: Artifact, evidence: Evidence) -> None:
        """Adds the check: it compares with the source, as others compare the artifact."""
        evidence.add(_answer(self._answers))


def _answer(answers: Connection) -> Any:
    """The next answer of the source.

    Raises:
      ExportError: if there is none.
    """
    try:
        answer = answers.recv()
    except EOFError:
        raise ExportError("the source's process ended early: out of memory?") from None
    if isinstance(answer, str):
        raise ExportError(answer)
    return answer
