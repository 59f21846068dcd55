"""Optional packages, and how to install them."""

from __future__ import annotations

import importlib.util

from slimhub.common.errors import RequestError


def need(*packages: str, extra: str = "hub") -> None:
    """Refuses to continue without the packages of an extra.

    Args:
      packages: their import names.
      extra: the extra that installs them.

    Raises:
      RequestError: names the packages that are not installed.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RequestError(f"{', '.join(missing)} not installed: pip install 'slimhub[{extra}]'")
