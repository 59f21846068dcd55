"""The proof of a file that was converted earlier, by whoever has it now. Imports TensorFlow."""

from __future__ import annotations

from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import ExportError
from slimhub.export.formats import expectation, file_formats, file_proof, trained_inference
from slimhub.export.formats.agreement import FLOORS
from slimhub.export.formats.convertible import Convertible
from slimhub.export.formats.expectation import Expectation
from slimhub.export.formats.file_proof import FileProof
from slimhub.export.formats.inscription import RANGES, TRAINED
from slimhub.export.formats.trained_places import MisfitError
from slimhub.nets import TASKS

# What only the conversion knows: its measurements, and which layers it left in float.
_OF_CONVERSION = ("agreement", "float_layers", RANGES, "tensorflow", "slimhub")


def prove(model: Convertible, path: Path) -> FileProof:
    """Compares a file with the artifact that it says it was made from, as `convert` does.

    The floor is that of its quantization, or the one that was accepted when it was made.

    Args:
      model: the artifact.
      path: of the file.

    Raises:
      ExportError: if the file does not say how it was made, or one of both cannot be run.
    """
    try:
        content = foreign_files.read(path, foreign_files.LARGEST_PROTO)
    except OSError as error:
        raise ExportError(f"cannot read {path}: {error.strerror}") from error
    said = file_formats.of_path(str(path)).load_module().read(content)
    quantize, accept = (
        said.provenance.get(key) if said else None for key in ("quantize", "accept")
    )
    is_number = isinstance(accept, float) and 0 < accept < 1
    if said is None or quantize not in FLOORS or not (accept is None or is_number):
        raise ExportError(f"{path} does not say how it was made: convert the artifact again")
    if model.is_guessed and said.provenance.get("task") in TASKS:
        model.take_for(said.provenance["task"])
    expected = expectation.expect(model, FLOORS[quantize].lowered(accept))
    if said.provenance.get(RANGES) == TRAINED:
        expected = _trained(model, expected, accept, path)
    wanted = model.inscription(quantize, accept, expected.answers.shape[1])
    kept = {key: said.provenance[key] for key in _OF_CONVERSION if key in said.provenance}
    wanted.provenance.update(kept)
    return file_proof.prove(path, expected, wanted)


def _trained(
    model: Convertible, expected: Expectation, accept: float | None, path: Path
) -> Expectation:
    try:
        return trained_inference.infer(model, expected, accept).expected
    except MisfitError as error:
        raise ExportError(
            f"{path} says that it has the trained ranges of {model.folder.name}, which cannot be "
            f"used ({error}): convert the artifact again"
        ) from error
