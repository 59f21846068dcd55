"""Converts an artifact to one file, proves it, and puts it in place."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slimhub.common import files, paths, quiet_tensorflow
from slimhub.common.errors import ExportError, option
from slimhub.common.progress import OnPhase
from slimhub.common.text import listed
from slimhub.export.formats.conversion_request import ConversionRequest
from slimhub.export.formats.file_formats import IN_INTEGERS, FileFormat

if TYPE_CHECKING:
    from slimhub.export.formats.convertible import Convertible
    from slimhub.export.formats.expectation import Expectation
    from slimhub.export.formats.file_proof import FileProof
    from slimhub.export.formats.mixture import Mixture

PHASES = (
    "loading the artifact",
    "converting it",
    "choosing the precision of each layer",
    "proving the file",
)
_SHOWN = 5  # layers named in a message


@dataclasses.dataclass(frozen=True)
class Conversion:
    """A file that was written.

    Attributes:
      path: of the file.
      form: its format.
      quantize: how numbers are stored.
      bytes: its size.
      proof: how well it agrees with the artifact.
      mixture: which layers stay in float; None unless integers were asked for.
      warnings: what the user should know.
    """

    path: Path
    form: FileFormat
    quantize: str
    bytes: int
    proof: FileProof
    mixture: Mixture | None
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
    from slimhub.export.formats import expectation
    from slimhub.export.formats import mixture as mixtures
    from slimhub.export.formats.agreement import FLOORS
    from slimhub.export.formats.convertible import Convertible  # imports TensorFlow

    folder, output = paths.resolved(paths.expanded(request.artifact)), Path(request.output)
    model = Convertible(folder, trust=request.trust)
    expected = expectation.expect(
        model,
        FLOORS[request.quantize].lowered(request.accept),
        calibration=request.calibration,
    )
    on_phase(PHASES[1])
    module, is_integer = form.load_module(), request.quantize in IN_INTEGERS
    content = module.convert(model, "none" if is_integer else request.quantize)
    width = expected.answers.shape[1]
    inscription, mixture = model.inscription(request.quantize, request.accept, width), None
    with files.replacing(paths.resolved(output)) as stage:
        staged = stage.with_name(stage.name + form.suffix)  # a runtime looks at the suffix
        if is_integer:
            on_phase(PHASES[2])
            content, mixture = mixtures.search(content, expected, request.quantize)
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
    warnings = _warn(model, request, expected)
    return Conversion(output, form, request.quantize, size, proof, mixture, warnings)


def _prove(
    path: Path,
    expected: Expectation,
    inscription: Any,
    model: Convertible,
    request: ConversionRequest,
) -> FileProof:
    from slimhub.export.formats import file_proof

    proof = file_proof.prove(path, expected, inscription)
    if proof.complaints:
        lost = ""
        if request.quantize == "float16" and (layers := _worst_in_float16(model)):
            lost = f"; 16 bits change these weights most: {layers}"
        can_lower = (
            "" if request.quantize == "none" else (f"; {option('accept')} lowers what is accepted")
        )
        raise ExportError(
            f"the file does not agree with the artifact, so nothing was written: "
            f"{'; '.join(proof.complaints)} ({proof.usual.text()}){lost}{can_lower}"
        )
    return proof


def _worst_in_float16(model: Convertible) -> str:
    """The layers whose weights change most when they are stored in 16 bits."""
    import numpy as np

    from slimhub.export.verify.reference import distance

    with np.errstate(over="ignore"):
        moved = {
            name: distance.relative(value.astype(np.float16).astype(np.float32), value)
            for name, value in model.layers().items()
        }
    order = sorted(moved, key=lambda name: -moved[name])
    return listed([f"{name} ({moved[name]:.2g})" for name in order[:_SHOWN]], _SHOWN)


def _warn(model: Convertible, request: ConversionRequest, expected: Expectation) -> tuple[str, ...]:
    said = []
    if model.is_free:
        said.append(
            f"the artifact takes images of any size, the file those of {model.image_size} pixels"
        )
    if request.needs_own_pictures:
        said.append(
            "calibrated on crops of one photograph, which is too few: name a few hundred of your "
            f"images with {option('calibration')}"
        )
    return tuple(said)
