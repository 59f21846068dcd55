"""What a variation is called on Kaggle."""

from __future__ import annotations

import dataclasses
import re

from slimhub.common.errors import RequestError

SCHEME = "kaggle://"
FRAMEWORK = "tensorFlow2"  # what Kaggle calls SavedModels of TensorFlow 2
_FORM = f"{SCHEME}OWNER/MODEL/{FRAMEWORK}/VARIATION"
_SLUG = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*", re.ASCII)
_LONGEST = 50  # characters of a slug


@dataclasses.dataclass(frozen=True)
class Address:
    """`OWNER/MODEL/tensorFlow2/VARIATION`.

    Attributes:
      owner: user or organization.
      model: of the owner; holds variations.
      variation: holds versions, which Kaggle numbers.
    """

    owner: str
    model: str
    variation: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.model}/{FRAMEWORK}/{self.variation}"

    @classmethod
    def parse(cls, target: str) -> Address:
        """Reads a target.

        Args:
          target: e.g. `kaggle://google/mobilenet-v3/tensorFlow2/small-075-224-feature-vector`.

        Raises:
          RequestError: says which part is wrong.
        """
        parts = target.removeprefix(SCHEME).split("/")
        if len(parts) == 5:
            raise RequestError(
                f"the target '{target}' ends in '{parts[4]}', but Kaggle numbers versions itself: "
                f"write {SCHEME}{'/'.join(parts[:4])}"
            )
        if not target.startswith(SCHEME) or len(parts) != 4:
            raise RequestError(f"the target '{target}' is not {_FORM}")
        owner, model, framework, variation = parts
        if framework != FRAMEWORK:
            raise RequestError(
                f"the framework '{framework}' in the target '{target}' must be {FRAMEWORK}, which "
                "is what Kaggle calls SavedModels like this one"
            )
        for kind, slug in {"owner": owner, "model": model, "variation": variation}.items():
            if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST:
                raise RequestError(
                    f"the {kind} '{slug}' in the target '{target}' must be lower case letters and "
                    f"digits, with - between them, {_LONGEST} characters at most"
                )
        return cls(owner, model, variation)
