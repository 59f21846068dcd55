"""Compares versions of a variation on Kaggle with a package, once they are processed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slimhub.common.errors import PublishError
from slimhub.publish.package import Package

if TYPE_CHECKING:
    from slimhub.publish.destinations.kaggle.kaggle_api import KaggleApi

_POLL = 5.0  # seconds between checks whether Kaggle has processed a version
_POLLS = 120


def differing(api: KaggleApi, version: int, package: Package) -> Iterator[str]:
    """Files that differ here and there; small ones are read first.

    Args:
      api: of the variation.
      version: number of one that lists its files.
      package: to compare with.
    """
    here = {name: file.bytes for name, file in package.files.items()}
    there = api.files(version)
    names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    yield from names
    for name in sorted(here.keys() - set(names), key=lambda name: (here[name], name)):
        if api.sha256(version, name) != package.files[name].sha256:
            yield name


def check_processed(api: KaggleApi, version: int) -> None:
    """Refuses to compare with a version that may have these bytes, but does not list files yet.

    Args:
      api: of the variation.
      version: number of an existing version.

    Raises:
      PublishError: says when to try again.
    """
    if not api.files(version):
        raise PublishError(
            f"Kaggle is still processing version {version} of {api.address}: publish again in a "
            "few minutes to compare; if it stays without files, delete it there"
        )


def await_files(api: KaggleApi, version: int, package: Package) -> None:
    """Waits until a version lists all its files.

    Args:
      api: of the variation.
      version: number of the new version.
      package: that it was made from.

    Raises:
      PublishError: if that takes too long.
    """
    for _ in range(_POLLS):
        instance = api.instance()
        is_made = instance is not None and instance.version_number >= version
        if is_made and api.files(version).keys() >= package.files.keys():
            return
        time.sleep(_POLL)
    raise PublishError(
        f"Kaggle has not processed version {version} of {api.address} after "
        f"{_POLL * _POLLS / 60:.0f} minutes: check it there, and publish again to compare"
    )
