"""A folder, for example of a web server or a mounted store."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from slimhub.common.errors import RequestError
from slimhub.publish.destinations.stores.store import Store

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from fsspec.callbacks import Callback


class Local(Store):
    """`file:///FOLDER`."""

    scheme, extra = "file", "hub"
    packages = ("fsspec", "jinja2")

    @classmethod
    def parse(cls, target: str) -> Local:
        """Parses a target.

        Raises:
          RequestError: if the path is not absolute, or not a folder.
        """
        path = target.removeprefix("file://")
        if not target.startswith("file:///"):
            raise RequestError(f"the target '{target}' is not file:///FOLDER with an absolute path")
        folder = Path(os.path.normpath(path))
        if os.path.lexists(folder) and not folder.is_dir():
            raise RequestError(f"{folder} is not a folder: choose another target")
        for place in (folder, *folder.parents):
            if (place / "saved_model.pb").exists():
                raise RequestError(f"{place} is a SavedModel: choose a target outside it")
        return cls(str(folder).rstrip("/"))

    def open(self) -> AbstractFileSystem:
        """The local file system."""
        from fsspec.implementations.local import LocalFileSystem

        return LocalFileSystem(auto_mkdir=True, skip_instance_cache=True)

    def put(
        self,
        client: AbstractFileSystem,
        source: Path,
        path: str,
        kind: str,
        callback: Callback,
        *,
        is_new: bool,
    ) -> None:
        """Copies a file next to its target, and moves it into place in one step."""
        stage = f"{self.root}/.slimhub-{secrets.token_hex(4)}"
        try:
            client.put_file(str(source), stage, callback=callback)
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            if is_new:
                _place(stage, path)
            else:
                Path(stage).replace(path)
        finally:
            with contextlib.suppress(OSError):
                Path(stage).unlink()

    def load(self, name: str, archive: str) -> str:
        """By its folder."""
        return f"hub.KerasLayer({json.dumps(f'{self.root}/{name}')})"


def _place(stage: str, path: str) -> None:
    """Renames a file, unless the target exists."""
    try:
        os.link(stage, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        Path(stage).replace(path)
