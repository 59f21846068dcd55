"""Targets: where to publish, in the form of the command line."""

from __future__ import annotations

import difflib
import importlib
import re

from slimhub.common.errors import RequestError
from slimhub.publish import addresses
from slimhub.publish.destinations.destination import Destination

_SCHEME = re.compile(r"([a-z\d]+):", re.ASCII)
_PACKAGE = "slimhub.publish.destinations"
_OBJECT_STORE = f"{_PACKAGE}.stores.object_store:ObjectStore"

# Scheme -> the form of a target, and the class that parses it, imported only if needed.
_TABLE = {
    "hub": ("hub:FOLDER", f"{_PACKAGE}.hub_destination:HubDestination"),
    "kaggle": (
        "kaggle://OWNER/MODEL/FRAMEWORK/VARIATION",
        f"{_PACKAGE}.kaggle.kaggle_models:Kaggle",
    ),
    "hf": ("hf://OWNER/NAME", f"{_PACKAGE}.huggingface.huggingface_repository:HuggingFace"),
    "s3": ("s3://BUCKET/PREFIX", _OBJECT_STORE),
    "gs": ("gs://BUCKET/PREFIX", _OBJECT_STORE),
    "file": ("file:///FOLDER", _OBJECT_STORE),
}
KNOWN = {scheme: form for scheme, (form, _) in _TABLE.items()}


def parse(target: str) -> Destination:
    """The destination that a target names.

    Args:
      target: starts with one of the schemes in `KNOWN`.

    Raises:
      RequestError: if the scheme is unknown, the target breaks its rules, or it contains
        credentials.
    """
    found = _SCHEME.match(target)
    scheme = found[1] if found else ""
    if scheme != "hub":  # the rest of this target is a path, which may contain anything
        addresses.check_target(target)
    if scheme not in _TABLE:
        raise RequestError(f"unknown target '{target}': {_suggestion(scheme, target)}")
    module, _, name = _TABLE[scheme][1].partition(":")
    destination: Destination = getattr(importlib.import_module(module), name).parse(target)
    return destination


def _suggestion(scheme: str, target: str) -> str:
    """What was probably meant: a folder is meant as a hub."""
    near = difflib.get_close_matches(scheme, [*_TABLE], n=1)
    if near and target.startswith(f"{scheme}://") == ("://" in KNOWN[near[0]]):
        return f"did you mean {near[0]}{target.removeprefix(scheme)}?"
    forms = f"write {', '.join(KNOWN.values())}"
    return forms if scheme else f"did you mean hub:{target}? Otherwise {forms}"
