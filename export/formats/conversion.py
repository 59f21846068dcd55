"""Converts an artifact to one file, proves it, and puts it in place."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import files, paths, quiet_tensorflow
from slimhub.common.errors import ExportError
from slimhub.common.progress import OnPhase
from slimhub.export.formats.conversion_request import ConversionRequest
from slimhub.export.formats.file_formats import IN_INTEGERS, FileFormat
from slimhub.export.formats.inscription import RANGES, TRAINED

if TYPE_CHECKING:
    from slimhub.export.formats.convertible import Convertible
    from slimhub.export.formats.expectation import Expectation
    from slimhub.export.formats.file_proof import FileProof
    from slimhub.export.formats.mixture import Mixture
    from slimhub.export.formats.trained_inference import TrainedInference

PHASES = (
    "loading the artifact",
    "converting it",
    "choosing the precision of each layer",
    "proving the file",
)


@dataclasses.dataclass(frozen=True)
class Conversion:
    """A file that was written.

    Attributes:
      path: of the file.
      form: its format.
      quantize: how numbers are stored.
      bytes: its size.
      proof: how well it agrees with the artifact.
      mixture: which layers stay in float; None unless that was searched for.
      trained: what the trained ranges give; None if the file does not have them.
      warnings: what the user should know.
    """

    path: Path
    form: FileFormat
    quantize: str
    bytes: int
    proof: FileProof
    mixture: Mixture | None
    trained: TrainedInference | None
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "path": str(self.path),
            "format": self.form.name,
            "quantize": self.quantize,
            "bytes": self.bytes,
            "agreement": self.proof.to_json(),
            "milliseconds": self.proof.milliseconds,
            "mixture": self.mixture and self.mixture.to_json(),
            "trained": self.trained and self.trained.to_json(),
            "warnings": list(self.warnings),
        }


def convert(request: ConversionRequest, on_phase: OnPhase = lambda phase: None) -> Conversion:
    """Writes an artifact in another format, with its proof.

    The file is loaded in a fresh process by the runtime that users have, and compared with the
    artifact. If it agrees less than its floor, nothing is written.

    Args:
      request: what to convert, and how.
      on_phase: called at the start of each of `PHASES`.

    Raises:
      RequestError: if the request is refused.
      ExportError: if the artifact cannot be converted, or the file fails its proof.
    """
    form = request.check()
    on_phase(PHASES[0])
    quiet_tensorflow.tensorflow()
    from slimhub.export.formats import conversion_remarks, expectation
    from slimhub.export.formats import mixture as mixtures
    from slimhub.export.formats.agreement import FLOORS
    from slimhub.export.formats.convertible import Convertible  # imports TensorFlow

    folder, output = paths.resolved(paths.expanded(request.artifact)), Path(request.output)
    model = Convertible(folder, trust=request.trust, task=request.task, advice=request.how_to_trust)
    expected = expectation.expect(
        model,
        FLOORS[request.quantize].lowered(request.accept),
        calibration=request.calibration,
    )
    on_phase(PHASES[1])
    module, is_integer = form.load_module(), request.quantize in IN_INTEGERS
    width = expected.answers.shape[1]
    inscription, mixture = model.inscription(request.quantize, request.accept, width), None
    content, trained, misfit = _with_trained_ranges(model, request, form, expected)
    if trained is not None:
        expected = trained.expected
        inscription.provenance[RANGES] = TRAINED
    else:
        content = module.convert(model, "none" if is_integer else request.quantize)
    with files.replacing(paths.resolved(output)) as stage:
        staged = stage.with_name(stage.name + form.suffix)  # a runtime looks at the suffix
        if is_integer and trained is None:
            on_phase(PHASES[2])
            content, mixture = mixtures.search(content, expected, request)
            inscription.provenance["float_layers"] = list(mixture.floats)
        on_phase(PHASES[3])
        staged.write_bytes(module.inscribe(content, inscription))
        proof = _prove(staged, expected, inscription, model, request)
        said = inscription.with_agreement(proof.to_json())
        staged.write_bytes(module.inscribe(content, said))
        proof = _prove(staged, expected, said, model, request)
        files.sync(staged)
        size = staged.stat().st_size
        request.check_output()  # minutes have passed
        staged.replace(stage)
    warnings = conversion_remarks.warnings(model, request, expected, trained, misfit)
    return Conversion(
        output, form, request.quantize, size, proof, mixture, trained, tuple(warnings)
    )


def _with_trained_ranges(
    model: Convertible, request: ConversionRequest, form: FileFormat, expected: Expectation
) -> tuple[bytes, TrainedInference | None, str]:
    """A file with the ranges of a quantization-aware training, or why there is none."""
    if request.quantize != "int8" or model.record is None or model.record.ranges is None:
        return b"", None, ""
    if request.calibration is not None:
        return b"", None, "your pictures calibrate instead"
    if not form.has_trained_ranges:
        return b"", None, f"{form.name} files have no place for them; calibrated instead"
    from slimhub.export.formats import trained_inference, trained_litert
    from slimhub.export.formats.trained_places import MisfitError

    try:
        trained = trained_inference.infer(model, expected, request.accept)
        return trained_litert.convert(model, trained), trained, ""
    except MisfitError as error:
        return b"", None, f"{error}; calibrated instead"


def _prove(
    path: Path,
    expected: Expectation,
    inscription: Any,
    model: Convertible,
    request: ConversionRequest,
) -> FileProof:
    from slimhub.export.formats import conversion_remarks, file_proof

    proof = file_proof.prove(path, expected, inscription)
    if proof.complaints:
        raise ExportError(conversion_remarks.refusal(proof, expected, model, request))
    return proof
