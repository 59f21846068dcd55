"""Handles: names of model versions on a hub."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from slimhub.common.errors import RequestError

if TYPE_CHECKING:
    from slimhub.export.record import Record

_DEFAULT_PUBLISHER = "local"
PUBLISHER = re.compile(r"[a-z\d-]+", re.ASCII)
NAME = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
VERSION = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)

# What a hub writes next to a model's versions: no part of a name may look like it.
_TAKEN = re.compile(
    r"\d+(\.(tar\.gz|tar\.gz\.sha256|md|html|tflite|onnx|lite\.md))?|index\.(html|json)", re.ASCII
)


@dataclasses.dataclass(frozen=True)
class Handle:
    """`PUBLISHER/NAME/VERSION`.

    Attributes:
      publisher: lower case letters, digits and `-`.
      name: one or more parts of letters, digits, `_`, `.` and `-`, joined by `/`.
      version: 0 or more.
    """

    publisher: str
    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.model}/{self.version}"

    @property
    def model(self) -> str:
        """The handle without its version."""
        return f"{self.publisher}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Handle:
        """Parses a handle.

        Args:
          text: e.g. `google/imagenet/mobilenet_v3_small_075_224/feature_vector/5`.

        Raises:
          RequestError: says which part is invalid.
        """
        parts = text.split("/")
        if len(parts) < 3:
            raise RequestError(f"the handle '{text}' is not PUBLISHER/NAME/VERSION")
        publisher, name, version = parts[0], "/".join(parts[1:-1]), parts[-1]
        if not PUBLISHER.fullmatch(publisher):
            raise RequestError(
                f"the publisher '{publisher}' in the handle '{text}' may only contain lowercase "
                "letters, digits and -"
            )
        if not VERSION.fullmatch(version):
            raise RequestError(
                f"the handle '{text:.200}' must end in a version number of at most 9 digits, "
                f"such as 1, not in '{version:.20}'"
            )
        if not NAME.fullmatch(name):
            raise RequestError(
                f"the name '{name}' in the handle '{text}' may only contain letters, digits, _, "
                ". and -, in parts joined by one /"
            )
        for part in parts[1:-1]:
            if part.startswith(".") or _TAKEN.fullmatch(part):
                raise RequestError(
                    f"'{part}' cannot be a part of the name in the handle '{text}': the hub "
                    "uses this name for its own files"
                )
        return cls(publisher, name, int(version))

    @classmethod
    def for_record(cls, record: Record, text: str | None) -> Handle:
        """Parses a handle, or creates the default `local/NETWORK/TASK/1`.

        Args:
          record: of the artifact.
          text: the handle; None if the user gives none.

        Raises:
          RequestError: says which part is invalid.
        """
        if text is None:
            text = f"{_DEFAULT_PUBLISHER}/{record.network.name}/{record.task}/1"
        return cls.parse(text)
