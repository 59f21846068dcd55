"""The name of a variation on Kaggle."""

from __future__ import annotations

import dataclasses
import re

from slimhub.common.errors import RequestError
from slimhub.common.text import either

SCHEME = "kaggle://"
FRAMEWORK = "tensorFlow2"  # Kaggle's name for SavedModels of TensorFlow 2
FORMATS = {"tfLite": ".tflite", "onnx": ".onnx"}  # its names for files of other formats
_FORM = f"{SCHEME}OWNER/MODEL/{FRAMEWORK}/VARIATION"
_SLUG = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*", re.ASCII)
_LONGEST = 50  # characters of a slug


@dataclasses.dataclass(frozen=True)
class Address:
    """`OWNER/MODEL/tensorFlow2/VARIATION`.

    Attributes:
      owner: user or organization.
      model: of the owner; holds variations.
      variation: holds versions, numbered by Kaggle.
      framework: `FRAMEWORK`, or one of `FORMATS`.
    """

    owner: str
    model: str
    variation: str
    framework: str = FRAMEWORK

    def __str__(self) -> str:
        return f"{self.owner}/{self.model}/{self.framework}/{self.variation}"

    @property
    def suffix(self) -> str | None:
        """Of the one file that its versions hold; None for SavedModels."""
        return FORMATS.get(self.framework)

    @classmethod
    def parse(cls, target: str) -> Address:
        """Parses a target.

        Args:
          target: e.g. `kaggle://google/mobilenet-v3/tensorFlow2/small-075-224-feature-vector`.

        Raises:
          RequestError: says which part is invalid.
        """
        parts = target.removeprefix(SCHEME).split("/")
        if len(parts) == 5:
            raise RequestError(
                f"the target '{target}' ends in '{parts[4]}', but Kaggle numbers versions "
                f"itself: write {SCHEME}{'/'.join(parts[:4])}"
            )
        if not target.startswith(SCHEME) or len(parts) != 4:
            raise RequestError(f"the target '{target}' is not {_FORM}")
        owner, model, framework, variation = parts
        if framework != FRAMEWORK and framework not in FORMATS:
            raise RequestError(
                f"the framework '{framework}' in the target '{target}' must be {FRAMEWORK}, "
                f"Kaggle's name for this kind of SavedModel, or {either(list(FORMATS))}"
            )
        for kind, slug in {"owner": owner, "model": model, "variation": variation}.items():
            if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST:
                raise RequestError(
                    f"the {kind} '{slug}' in the target '{target}' must be lowercase letters "
                    f"and digits, separated by -, {_LONGEST} characters at most"
                )
        return cls(owner, model, variation, framework)
