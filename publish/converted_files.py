"""Files of other formats that are published with their artifact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slimhub.common import foreign_files
from slimhub.common.errors import PublishError, RequestError, option
from slimhub.export.formats import file_formats, origin

SUFFIXES = tuple(file_formats.FORMATS)


def read(artifact: Path, paths: Sequence[str]) -> dict[str, Path]:
    """The files, by suffix.

    Args:
      artifact: folder that they have to be made from.
      paths: of the files.

    Raises:
      RequestError: if there are two of one format, one is not there, or an extra is missing.
      PublishError: if one was made from something else.
    """
    found: dict[str, Path] = {}
    for text in paths:
        form, path = file_formats.of_path(text), Path(text)
        if form.suffix in found:
            raise RequestError(
                f"{option('also')} names two {form.name} files: a version has one of each format"
            )
        if not path.is_file():
            raise RequestError(
                f"{option('also')}: {text} is not a file: `slimhub convert` writes it"
            )
        form.need_packages()
        _check_origin(artifact, path, form)
        found[form.suffix] = path
    return found


def _check_origin(artifact: Path, path: Path, form: file_formats.FileFormat) -> None:
    try:
        said = form.load_module().read(foreign_files.read(path, foreign_files.LARGEST_PROTO))
    except OSError as error:
        raise PublishError(f"cannot read {path}: {error.strerror}") from error
    except Exception as error:  # whatever a damaged file makes a library raise
        raise PublishError(f"{path} is not a {form.name} file that can be read") from error
    wanted = origin.identify(artifact)["artifact_sha256"]
    if said is None or said.provenance.get("artifact_sha256") != wanted:
        raise PublishError(
            f"{path} was not made from {artifact}: convert the artifact again with "
            "`slimhub convert`"
        )
