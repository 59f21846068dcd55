"""Packages that TensorFlow and TF-Slim import only because they are installed.

TensorFlow imports Keras for registrations that slimhub does not need, and h5py and SciPy for its
own old Keras; TF-Slim and Keras import scikit-learn. All of them work where these packages cannot
be imported, and importing TensorFlow then takes a quarter to a third less time. slimhub's own
processes leave these packages out; programs that import slimhub do not.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import NoReturn

_PACKAGES = ("h5py", "keras", "scipy", "sklearn", "tf_keras")
_own_process = threading.Event()


def leave_out() -> None:
    """Makes this process, which must be one of slimhub's own, import TensorFlow without them."""
    _own_process.set()


@contextlib.contextmanager
def left_out() -> Iterator[None]:
    """Makes this thread's first imports of these packages fail, if the process is slimhub's own.

    Afterwards they can be imported, and `tf.keras` works: TensorFlow imports it when it is used.
    """
    if not _own_process.is_set():
        yield
        return
    finder = _Refusal()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Refusal(MetaPathFinder, Loader):
    """Finds these packages for the thread that made it, but does not load them.

    TensorFlow must find Keras: it looks for its folder, for a later `import tensorflow.keras`.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Leaves all other modules to the finders that follow."""
        if name not in _PACKAGES or threading.get_ident() != self._thread:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = self
        return spec

    def create_module(self, spec: ModuleSpec) -> NoReturn:
        """Refuses, before other threads can see a module of that name.

        Raises:
          ModuleNotFoundError: always.
        """
        raise ModuleNotFoundError(f"{spec.name} is left out of this import", name=spec.name)

    def exec_module(self, module: ModuleType) -> NoReturn:
        """Is never reached, but every loader has it.

        Raises:
          ModuleNotFoundError: always.
        """
        raise ModuleNotFoundError(f"{module.__name__} is left out of this import")
