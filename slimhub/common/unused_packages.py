"""Packages that TensorFlow imports only because they are installed.

Keras imports scikit-learn for wrappers that slimhub does not use, which takes a fifth of the time
of TensorFlow's own import. slimhub's own processes do without; programs that import slimhub do not.
"""

from __future__ import annotations

import sys

_PACKAGES = ("sklearn",)


def hide() -> None:
    """Has imports of these packages fail from now on, unless they were imported already."""
    for name in _PACKAGES:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def show() -> None:
    """Undoes `hide`, for whoever needs one of them."""
    for name in _PACKAGES:
        if name in sys.modules and sys.modules[name] is None:
            del sys.modules[name]
