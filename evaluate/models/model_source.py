"""Opens an artifact of any format: a folder, a file, or the URL of a hub's model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.checkpoints import archives, downloads
from slimhub.common import paths
from slimhub.common.errors import RequestError
from slimhub.common.progress import Transfer
from slimhub.common.scratch import ScratchFolder
from slimhub.common.text import listed
from slimhub.export.formats import file_formats

if TYPE_CHECKING:
    from slimhub.evaluate.models.image_model import ImageModel

_WEB = ("http://", "https://")
_COMPRESSED = "?tf-hub-format=compressed"  # how a hub is asked for the archive of a model
_ARCHIVES = (".tar.gz", ".tgz")


def is_url(artifact: str) -> bool:
    """Whether an artifact is named by its URL."""
    return downloads.is_url(artifact)


def local(artifact: str) -> Path:
    """The folder or file of an artifact that is not named by its URL."""
    return paths.resolved(paths.expanded(artifact))


def check(artifact: str) -> None:
    """Refuses what cannot be an artifact, before TensorFlow is imported.

    Raises:
      RequestError: says why.
    """
    if is_url(artifact):
        if not artifact.lower().startswith(_WEB):
            raise RequestError(f"{artifact}: pass a URL that begins with http:// or https://")
        return
    path = paths.expanded(artifact)
    if not path.exists():
        raise RequestError(f"{artifact} does not exist: pass the folder of a SavedModel or a file")
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        raise RequestError(f"{artifact} is not a SavedModel folder: it has no saved_model.pb")
    if not path.is_dir():
        suffixes = [*file_formats.FORMATS]
        if path.suffix.lower() not in suffixes:
            raise RequestError(
                f"{artifact} is neither the folder of a SavedModel nor a file that ends in "
                f"{listed(suffixes, len(suffixes))}"
            )
        file_formats.of_path(artifact).need_packages()


@contextlib.contextmanager
def opened(
    artifact: str,
    *,
    trust: bool = False,
    threads: int | None = None,
    on_transfer: Transfer | None = None,
) -> Iterator[ImageModel]:
    """Loads an artifact.

    Args:
      artifact: folder of a SavedModel, a file of `slimhub convert`, or the URL of a hub's model or
        of its archive, which is downloaded to the cache.
      trust: see `ServedModel`.
      threads: of a file's runtime for one call; one per core by default.
      on_transfer: called while it is downloaded.

    Raises:
      RequestError, CheckpointError, ExportError: if it cannot be used.
    """
    check(artifact)
    if is_url(artifact):
        with downloaded(artifact, on_transfer) as folder:
            yield _in_folder(folder, trust, downloads.public_name(artifact))
        return
    path = local(artifact)
    if path.is_dir():
        yield _in_folder(path, trust)
        return
    from slimhub.common.quiet_tensorflow import tensorflow

    tensorflow()  # it decodes the pictures
    from slimhub.evaluate.models.file_runner import FileRunner

    yield FileRunner(path, threads)


def _in_folder(folder: Path, trust: bool, name: str | None = None) -> ImageModel:
    from slimhub.common.quiet_tensorflow import tensorflow

    tensorflow()
    from slimhub.evaluate.models.saved_model_runner import SavedModelRunner

    return SavedModelRunner(folder, trust=trust, name=name)


@contextlib.contextmanager
def downloaded(url: str, on_transfer: Transfer | None = None) -> Iterator[Path]:
    """The folder of a hub's model, unpacked for the time of the block.

    Args:
      url: of the model, or of its archive.
      on_transfer: called while it is downloaded.

    Raises:
      CheckpointError: if it cannot be downloaded, or is not a sound archive.
    """
    is_archive = downloads.public_name(url).endswith(_ARCHIVES)
    asked = url if is_archive or "?" in url else url + _COMPRESSED
    with ScratchFolder() as scratch:
        # Not from the cache for checkpoints: a hub may have been made anew since.
        archive = downloads.fetch(asked, None, Path(scratch, "downloads"), on_transfer)
        folder = Path(scratch, downloads.public_name(url).rstrip("/").rsplit("/", 1)[-1] or "model")
        archives.unpack(archive, lambda name: True, folder)
        if not (folder / "saved_model.pb").is_file():
            raise RequestError(f"{downloads.public_name(url)} is not a SavedModel: check the URL")
        yield folder
