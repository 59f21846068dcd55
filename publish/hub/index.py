"""The index of a hub: `index.json`, which says what is published."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from pathlib import Path
from typing import Any

from slimhub.common import foreign_files
from slimhub.common.errors import PublishError, RequestError
from slimhub.common.files import FileDigest
from slimhub.export import record_json
from slimhub.export.record_json import FieldError
from slimhub.publish.converted_files import SUFFIXES
from slimhub.publish.handle import Handle
from slimhub.publish.hub.model_facts import ModelFacts
from slimhub.publish.pages.measured_figures import Measured

FILE = "index.json"
_FORMATS = (1, 2)  # the second one has withdrawn versions, which readers of the first would offer
_URL = re.compile(r"https?://[^\s<>?#@]{1,2000}")  # as `addresses.check` has it
_FILE_NAME = re.compile(r"[^/\0-\x1f]+(/[^/\0-\x1f]+)*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SHA256 = re.compile(r"[\da-f]{64}", re.ASCII)
_DAMAGE = (RequestError, FieldError, ValueError, KeyError, TypeError, AttributeError)
LOCAL_URL = "http://localhost:8080"  # of a hub whose address nobody said; `slimhub serve`'s own


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of a model.

    Attributes:
      number: of the version.
      description: what the model is, one sentence.
      metadata: of its page: key -> values.
      network: name of the network.
      task: one of `nets.TASKS`.
      archive: its digest.
      files: of the unpacked copy: relative path -> digest.
      also: digests of files of other formats, by suffix.
      texts: of the publisher, by the names of `publisher_texts.PublisherTexts`.
      withdrawn: why the version was withdrawn, perhaps empty; None where it was not. The archive
        and the copy of a withdrawn version are gone, and its number is never used again.
      measured: figures of accuracy that were measured on it.
      facts: what people choose it by; None in entries of version 0.1.0.
      published: the day it was published first, UTC, as YYYY-MM-DD; None likewise.
    """

    number: int
    description: str
    metadata: dict[str, list[str]]
    network: str
    task: str
    archive: FileDigest
    files: dict[str, FileDigest]
    also: dict[str, FileDigest] = dataclasses.field(default_factory=dict)
    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    withdrawn: str | None = None
    measured: Measured = ()
    facts: ModelFacts | None = None
    published: str | None = None


@dataclasses.dataclass(frozen=True)
class Index:
    """All models of a hub.

    Attributes:
      url: address the hub is served at, as its pages and their examples have it.
      models: `PUBLISHER/NAME` -> version -> what it is.
    """

    url: str = LOCAL_URL
    models: dict[str, dict[int, Version]] = dataclasses.field(default_factory=dict)

    def get(self, handle: Handle) -> Version | None:
        """A version, None where it is not published."""
        return self.models.get(handle.model, {}).get(handle.version)

    def published(self, handle: Handle) -> Version:
        """A version that is published.

        Raises:
          KeyError: where it is not.
        """
        return self.models[handle.model][handle.version]

    def newest(self, model: str) -> Version | None:
        """The version with the highest number that was not withdrawn; None where there is none."""
        versions = self.models.get(model, {})
        numbers = [n for n, version in versions.items() if version.withdrawn is None]
        return versions[max(numbers)] if numbers else None

    def shown(self, model: str) -> Version:
        """The version that the page of a model shows: the newest, or the last one withdrawn."""
        return self.newest(model) or self.models[model][max(self.models[model])]

    def under(self, prefix: str) -> list[str]:
        """Models whose handle begins with some whole parts, sorted; all for an empty prefix."""
        return sorted(m for m in self.models if not prefix or m.startswith(prefix + "/"))

    def with_version(self, handle: Handle, version: Version) -> Index:
        """An index with one version more, or another one under that number."""
        versions = self.models.get(handle.model, {}) | {handle.version: version}
        return dataclasses.replace(self, models=self.models | {handle.model: versions})

    def dump(self) -> str:
        """The content of `index.json`."""
        models = {
            model: [_to_json(versions[number]) for number in sorted(versions)]
            for model, versions in sorted(self.models.items())
        }
        versions = (version for known in self.models.values() for version in known.values())
        number = 2 if any(version.withdrawn is not None for version in versions) else 1
        return json.dumps({"format": number, "url": self.url, "models": models}, indent=1) + "\n"


def _to_json(version: Version) -> dict[str, Any]:
    archive = {"sha256": version.archive.sha256, "bytes": version.archive.bytes}
    content = dataclasses.asdict(version) | {"archive": archive}
    if version.facts is not None:
        content["facts"] = record_json.encode(version.facts)
    empty: tuple[tuple[str, object], ...] = (("texts", {}), ("also", {}), ("measured", ()))
    return {
        key: value
        for key, value in content.items()
        if value is not None and (key, value) not in empty
    }


def _from_json(version: dict[str, Any]) -> Version:
    return record_json.decode(Version, version)


@functools.lru_cache(maxsize=1)  # publishing reads it several times
def parse(text: bytes, source: str) -> Index:
    """Reads the content of an `index.json`.

    Args:
      text: of the file, in UTF-8.
      source: where it is from, for the message.

    Raises:
      PublishError: where it is none.
    """
    try:
        content = foreign_files.parse_json(text)
        if content["format"] not in _FORMATS:
            raise PublishError(
                f"{source} has format {content['format']}, this slimhub reads "
                f"{' and '.join(map(str, _FORMATS))}: use the slimhub that wrote it, or a newer one"
            )
        models = {
            model: {version["number"]: _from_json(version) for version in versions}
            for model, versions in content["models"].items()
        }
        found = Index(content["url"], models)
        _check(found)
        return found
    except (
        RequestError,
        FieldError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise PublishError(
            f"{source} is not the index of a hub: {error}; name another folder"
        ) from error


def _check(found: Index) -> None:
    """Refuses what a hub cannot have written.

    Raises:
      ValueError: says what.
      RequestError: for a name that is not a model's.
    """
    if not _URL.fullmatch(found.url):
        raise ValueError("its address is not one")
    for model, versions in found.models.items():
        if not versions:
            raise ValueError(f"{model!r:.60} has no versions")
        for number, version in versions.items():
            if number.bit_length() > 30:
                raise ValueError("a number of a version is too large")
            Handle.parse(f"{model}/{number}")
            _check_version(version)


def _check_version(version: Version) -> None:
    for name, file in version.files.items():
        if not _FILE_NAME.fullmatch(name) or ".." in name.split("/"):
            raise ValueError(f"{name!r:.60} is not a file of an artifact")
        _check_digest(file)
    _check_digest(version.archive)
    if not all(figures.is_sound for figures in version.measured):
        raise ValueError("figures of accuracy are not ones")
    for suffix, file in version.also.items():
        if suffix not in SUFFIXES:
            raise ValueError(f"{suffix!r:.60} is not the suffix of a converted file")
        _check_digest(file)
    if version.facts is not None:
        version.facts.check()
    if version.published is not None and not _DAY.fullmatch(version.published):
        raise ValueError(f"{version.published!r:.60} is not a day")


def _check_digest(file: FileDigest) -> None:
    if not _SHA256.fullmatch(file.sha256) or file.bytes < 0:
        raise ValueError("a digest is not one")


def read(hub: Path) -> Index | None:
    """The index of a hub, None where there is none.

    Raises:
      PublishError: where the file is there and is no index.
    """
    return read_file(hub / FILE)


def read_file(path: Path) -> Index | None:
    """The index in a file, None where there is no file.

    Raises:
      PublishError: where the file is there and is no index.
    """
    try:
        return parse(foreign_files.read(path, foreign_files.LARGEST_INDEX), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PublishError(f"cannot read {path}: {error.strerror}") from error
