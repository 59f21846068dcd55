"""Targets: where to publish, as the command line has it."""

from __future__ import annotations

import importlib
import re

from slimhub.common.errors import RequestError
from slimhub.publish import addresses
from slimhub.publish.destinations.destination import Destination

_SCHEME = re.compile(r"([a-z\d]+):", re.ASCII)
_HERE = "slimhub.publish.destinations"
_OBJECT_STORE = f"{_HERE}.stores.object_store:ObjectStore"

# Scheme -> how a target is written, and the class that parses it, imported only where it is used.
_TABLE = {
    "hub": ("hub:FOLDER", f"{_HERE}.hub_destination:HubDestination"),
    "kaggle": (
        "kaggle://OWNER/MODEL/FRAMEWORK/VARIATION",
        f"{_HERE}.kaggle.kaggle_models:Kaggle",
    ),
    "hf": ("hf://OWNER/NAME", f"{_HERE}.huggingface.huggingface_repository:HuggingFace"),
    "s3": ("s3://BUCKET/PREFIX", _OBJECT_STORE),
    "gs": ("gs://BUCKET/PREFIX", _OBJECT_STORE),
    "file": ("file:///FOLDER", _OBJECT_STORE),
}
KNOWN = {scheme: form for scheme, (form, _) in _TABLE.items()}


def parse(target: str) -> Destination:
    """Where a target says to publish.

    Args:
      target: beginning with one of the schemes of `KNOWN`.

    Raises:
      RequestError: for another scheme, for a target that breaks its scheme's rules, and for one
        with credentials in it.
    """
    found = _SCHEME.match(target)
    scheme = found[1] if found else ""
    if scheme != "hub":  # the rest of that one is a path, and may hold anything
        addresses.check_target(target)
    if scheme not in _TABLE:
        raise RequestError(f"the target '{target}' is not known: write {', '.join(KNOWN.values())}")
    module, _, name = _TABLE[scheme][1].partition(":")
    destination: Destination = getattr(importlib.import_module(module), name).parse(target)
    return destination
