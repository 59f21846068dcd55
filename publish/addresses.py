"""URLs that users give: what they may hold, and how they are shown."""

from __future__ import annotations

import re

from slimhub.common.errors import RequestError

_ADDRESS = re.compile(r"https?://[^\s<>?#@/]+(/[^\s<>?#@]*)?")
_USER, _QUERY = re.compile(r"//[^/\s]*@"), re.compile(r"\?[^\s)'\"]*=[^\s)'\"]*")


def shown(text: str) -> str:
    """A text without what URLs in it may keep secret: names and passwords, and queries.

    Args:
      text: a URL, or words with some in them.
    """
    return _QUERY.sub("?…", _USER.sub("//…@", text))


def check(url: str | None) -> None:
    """Refuses what cannot be the address of a hub.

    Args:
      url: as given, or None.

    Raises:
      RequestError: names it, without what might be secret.
    """
    if url is not None and not _ADDRESS.fullmatch(url):
        raise RequestError(
            f"the address {shown(url)} must begin with https:// or http://, and hold no name, "
            "password, query or blank"
        )


def check_target(target: str) -> None:
    """Refuses a target that holds credentials, before anything repeats it.

    Args:
      target: as given.

    Raises:
      RequestError: names it, without what might be secret.
    """
    if "?" in target or _USER.search(target):
        raise RequestError(
            f"the target '{shown(target)}' may hold no name, password or query: credentials are "
            "taken from the environment"
        )
