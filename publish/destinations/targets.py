"""Targets: where to publish, as the command line has it."""

from __future__ import annotations

import re

from slimhub.common.errors import RequestError
from slimhub.publish import addresses
from slimhub.publish.destinations.destination import Destination

_SCHEME = re.compile(r"([a-z\d]+):", re.ASCII)
KNOWN = {
    "kaggle": "kaggle://OWNER/MODEL/FRAMEWORK/VARIATION",
    "hf": "hf://OWNER/NAME",
    "s3": "s3://BUCKET/PREFIX",
    "gs": "gs://BUCKET/PREFIX",
    "file": "file:///FOLDER",
}


def parse(target: str) -> Destination:
    """Where a target says to publish.

    Args:
      target: beginning with one of the schemes of `KNOWN`.

    Raises:
      RequestError: for another scheme, for a target that breaks its scheme's rules, and for one
        with credentials in it.
    """
    addresses.check_target(target)
    found = _SCHEME.match(target)
    scheme = found[1] if found else None
    if scheme in ("s3", "gs", "file"):
        from slimhub.publish.destinations.stores.object_store import ObjectStore

        return ObjectStore.parse(target)
    if scheme == "kaggle":
        from slimhub.publish.destinations.kaggle.kaggle_models import Kaggle

        return Kaggle.parse(target)
    if scheme == "hf":
        from slimhub.publish.destinations.huggingface.huggingface_repository import HuggingFace

        return HuggingFace.parse(target)
    raise RequestError(
        f"the target '{target}' is not known: write hub:FOLDER, {', '.join(KNOWN.values())}"
    )
