"""Custom networks: a NetworkSpec in a user's module."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

from slimhub.common.errors import NetworkError
from slimhub.nets import spec_rules
from slimhub.nets.spec import NetworkSpec

_preparations: list[Callable[[], object]] = []


def before_import(action: Callable[[], object]) -> None:
    """Registers an action to run before a user's module, and with it TensorFlow, is imported.

    Args:
      action: called each time, but not for a module that cannot be found.
    """
    _preparations.append(action)


def is_reference(name: str) -> bool:
    """Whether a network is given by its location, as `package.module:NAME`."""
    return ":" in name


def load(reference: str) -> NetworkSpec:
    """Imports a spec; its module may also be in the current folder.

    Args:
      reference: `package.module:NAME`.

    Raises:
      NetworkError: if the module or name does not exist, the module cannot be imported, or the name
        is not a NetworkSpec with valid fields.
    """
    module_name, _, attribute = reference.partition(":")
    if not attribute or not module_name or module_name.startswith("."):
        raise NetworkError(f"{reference!r} is not a network: write package.module:NAME")
    here = str(Path.cwd())
    if here not in sys.path:
        # last, so that it does not hide anything; the builder may import as well
        sys.path.append(here)
    try:
        _find(module_name)
        for prepare in _preparations:
            prepare()
        found = getattr(importlib.import_module(module_name), attribute, None)
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"{reference}: {error}; run the command in the folder that contains it, or set "
            "PYTHONPATH"
        ) from error
    except (Exception, SystemExit) as error:  # whatever the user's module raises
        raise NetworkError(
            f"{reference}: importing {module_name} failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, NetworkSpec):
        if found is None:
            raise NetworkError(f"{reference}: {module_name} has no {attribute}: check its spelling")
        raise NetworkError(
            f"{reference}: {attribute} in {module_name} is of the type {type(found).__name__}, "
            "not a nets.NetworkSpec"
        )
    wrong = list(spec_rules.complaints(found))
    if wrong:
        raise NetworkError(f"{reference}: {'; '.join(wrong)}")
    return dataclasses.replace(found, reference=reference)


def _find(module_name: str) -> None:
    """Looks for the outermost package of a module without importing anything."""
    package = module_name.partition(".")[0]
    if package not in sys.modules and importlib.util.find_spec(package) is None:
        raise ModuleNotFoundError(f"No module named {package!r}")
