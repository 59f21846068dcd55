"""Networks of one's own: a NetworkSpec in a user's module."""

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
    """Adds what is done before a user's module is imported, and with it TensorFlow.

    Args:
      action: is called each time; not for a module that cannot be found.
    """
    _preparations.append(action)


def is_reference(name: str) -> bool:
    """Whether a network is named by where it is defined, as `package.module:NAME`."""
    return ":" in name


def load(reference: str) -> NetworkSpec:
    """Imports a spec; its module is looked for in the current folder, too.

    Args:
      reference: `package.module:NAME`.

    Raises:
      NetworkError: where there is no such module or name, where the module cannot be imported, and
        where the name is not that of a NetworkSpec, or of one with a field that cannot be.
    """
    module_name, _, attribute = reference.partition(":")
    if not attribute or not module_name or module_name.startswith("."):
        raise NetworkError(f"{reference!r} names no network: write package.module:NAME")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last, so that it hides nothing; the builder may import as well
    try:
        _find(module_name)
        for prepare in _preparations:
            prepare()
        found = getattr(importlib.import_module(module_name), attribute, None)
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"{reference}: {error}; run the command in the folder that holds it, or set PYTHONPATH"
        ) from error
    except (Exception, SystemExit) as error:  # whatever the user's module raises
        raise NetworkError(
            f"{reference}: importing {module_name} failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, NetworkSpec):
        what = "nothing" if found is None else f"a {type(found).__name__}"
        raise NetworkError(
            f"{reference}: {attribute!r} is {what} in {module_name}, not a nets.NetworkSpec"
        )
    wrong = list(spec_rules.complaints(found))
    if wrong:
        raise NetworkError(f"{reference}: {'; '.join(wrong)}")
    return dataclasses.replace(found, reference=reference)


def _find(module_name: str) -> None:
    """Looks for the outermost package of a module, without importing anything."""
    package = module_name.partition(".")[0]
    if package not in sys.modules and importlib.util.find_spec(package) is None:
        raise ModuleNotFoundError(f"No module named {package!r}")
