"""What only some need, and how to get it."""

from __future__ import annotations

import importlib.util

from slimhub.common.errors import RequestError


def need(*packages: str, extra: str = "hub") -> None:
    """Refuses to go on without packages of an extra.

    Args:
      packages: names as they are imported.
      extra: that installs them.

    Raises:
      RequestError: names those that are not installed.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RequestError(
            f"this needs {', '.join(missing)}, not installed: pip install 'slimhub[{extra}]'"
        )
