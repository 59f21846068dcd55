"""How a hub is served; importing it does not import the server."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ServerOptions:
    """How a hub is served.

    Attributes:
      prefix: path that the hub is under, such as `/models`; empty for none.
      url: its address for those who read pages, None to go by their requests.
      gcs_base: `gs://` address of the same hub, for `tf-hub-format=uncompressed`, or None.
    """

    prefix: str = ""
    url: str | None = None
    gcs_base: str | None = None
