"""A folder, such as one that a web server or a mounted store shows."""

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
        """Reads a target.

        Raises:
          RequestError: for a path that is not absolute, or no folder.
        """
        path = target.removeprefix("file://")
        if not target.startswith("file:///"):
            raise RequestError(f"the target '{target}' is not file:///FOLDER, an absolute path")
        folder = Path(os.path.normpath(path))
        if os.path.lexists(folder) and not folder.is_dir():
            raise RequestError(f"{folder} is no folder: name another target")
        for place in (folder, *folder.parents):
            if (place / "saved_model.pb").exists():
                raise RequestError(f"{place} is a SavedModel: name a target outside of it")
        return cls(str(folder).rstrip("/"))

    def open(self) -> AbstractFileSystem:
        """The files of this machine."""
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
        """Copies a file beside, and puts it in place in one step."""
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
    """Gives a file its name, unless another one has it."""
    try:
        os.link(stage, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        Path(stage).replace(path)
