"""Files of other formats that are written beside an artifact, in the same run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from slimhub.common import foreign_files
from slimhub.common.errors import ExportError, RequestError, option
from slimhub.common.progress import OnPhase
from slimhub.export.formats import conversion, origin
from slimhub.export.formats.conversion import Conversion
from slimhub.export.formats.conversion_request import ConversionRequest
from slimhub.export.formats.file_formats import QUANTIZATIONS


def request(artifact: str | os.PathLike[str], path: str, overwrite: bool) -> ConversionRequest:
    """The conversion that a path asks for: `NAME.tflite`, or with numbers `NAME.float16.tflite`.

    Args:
      artifact: folder of the artifact, which need not exist yet.
      path: of the file to write.
      overwrite: whether to replace an existing file.
    """
    inner = PurePath(PurePath(path).stem).suffix.removeprefix(".")
    quantize = inner if inner in QUANTIZATIONS else "none"
    return ConversionRequest(
        os.fspath(artifact), path, quantize, overwrite=overwrite, is_companion=True
    )


def check(artifact: str | os.PathLike[str], paths: Sequence[str], overwrite: bool) -> None:
    """Refuses files that cannot be written, before the artifact is exported.

    Args:
      artifact: folder that will hold it.
      paths: of the files.
      overwrite: whether existing files may be replaced.

    Raises:
      RequestError: names the file.
    """
    if len({os.path.realpath(path) for path in paths}) < len(paths):
        raise RequestError(f"{option('also')} names the same file twice")
    for path in paths:
        wanted = request(artifact, path, overwrite)
        wanted.check_format()
        wanted.check_output()


def write(
    artifact: str | os.PathLike[str],
    paths: Iterable[str],
    overwrite: bool,
    on_phase: OnPhase = lambda phase: None,
) -> list[Conversion]:
    """Writes files beside a finished artifact, each with its proof.

    Args:
      artifact: its folder.
      paths: of the files.
      overwrite: whether to replace existing files.
      on_phase: called with what is done.

    Raises:
      ExportError: if one cannot be converted or fails its proof; the artifact is complete.
      KeyboardInterrupt: says the same.
    """
    written = []
    for path in paths:
        said = f"the artifact {os.fspath(artifact)} is complete, but {path} was not written"
        try:
            written.append(conversion.convert(request(artifact, path, overwrite), on_phase))
        except ExportError as error:
            raise ExportError(f"{said}: {error}") from error
        except KeyboardInterrupt:
            raise KeyboardInterrupt(said) from None
    return written


def outdated(artifact: Path, paths: Iterable[str]) -> list[str]:
    """Those files that are missing, or were not made from this artifact by this release.

    Args:
      artifact: its folder.
      paths: of the files.
    """
    return [path for path in paths if not _is_current(artifact, path)]


def _is_current(artifact: Path, path: str) -> bool:
    wanted, file = request(artifact, path, overwrite=True), Path(path)
    if not file.is_file():
        return False
    try:
        content = foreign_files.read(file, foreign_files.LARGEST_PROTO)
        said = wanted.check_format().load_module().read(content)
    except Exception:  # whatever a damaged file makes a library raise
        return False
    expected = origin.identify(artifact) | {"quantize": wanted.quantize}
    return said is not None and expected.items() <= said.provenance.items()
