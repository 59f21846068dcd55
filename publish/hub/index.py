"""The index of a hub: `index.json`, which says what is published."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from slimhub.common.errors import PublishError
from slimhub.common.files import FileDigest
from slimhub.export import record_json
from slimhub.export.record_json import FieldError
from slimhub.publish.handle import Handle

FILE = "index.json"
_FORMAT = 1  # higher where a reader of the old one would be wrong
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
    """

    number: int
    description: str
    metadata: dict[str, list[str]]
    network: str
    task: str
    archive: FileDigest
    files: dict[str, FileDigest]


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

    def newest(self, model: str) -> Version:
        """The version of a model with the highest number."""
        return self.models[model][max(self.models[model])]

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
        return json.dumps({"format": _FORMAT, "url": self.url, "models": models}, indent=1) + "\n"


def _to_json(version: Version) -> dict[str, Any]:
    archive = {"sha256": version.archive.sha256, "bytes": version.archive.bytes}
    return dataclasses.asdict(version) | {"archive": archive}


def _from_json(version: dict[str, Any]) -> Version:
    return record_json.decode(Version, version)


def parse(text: bytes, source: str) -> Index:
    """Reads the content of an `index.json`.

    Args:
      text: of the file, in UTF-8.
      source: where it is from, for the message.

    Raises:
      PublishError: where it is none.
    """
    try:
        content = json.loads(text.decode("utf-8"))
        if content["format"] != _FORMAT:
            raise PublishError(
                f"{source} has format {content['format']}, this slimhub reads {_FORMAT}: use the "
                "slimhub that wrote it, or a newer one"
            )
        models = {
            model: {version["number"]: _from_json(version) for version in versions}
            for model, versions in content["models"].items()
        }
        content["url"].encode()  # half of a surrogate pair cannot be in a page
        return Index(content["url"], models)
    except (FieldError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PublishError(
            f"{source} is no index of a hub: {error}; name another folder"
        ) from error


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
        return parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PublishError(f"cannot read {path}: {error.strerror}") from error
