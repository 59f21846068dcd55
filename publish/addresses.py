"""URLs that users pass: what they may contain, and how they are shown."""

from __future__ import annotations

import re

from slimhub.common.errors import RequestError

_ADDRESS = re.compile(r"https?://[^\s<>?#@/]+(/[^\s<>?#@]*)?")
_USER, _QUERY = re.compile(r"//[^/\s]*@"), re.compile(r"\?[^\s)'\"]*=[^\s)'\"]*")


def shown(text: str) -> str:
    """Removes from the URLs in a text what may be secret: user names, passwords and queries.

    Args:
      text: a URL, or text that contains some.
    """
    return _QUERY.sub("?…", _USER.sub("//…@", text))


def check(url: str | None) -> None:
    """Refuses what cannot be the address of a hub.

    Args:
      url: as given, or None.

    Raises:
      RequestError: shows the address without anything secret.
    """
    if url is not None and not _ADDRESS.fullmatch(url):
        raise RequestError(
            f"the address {shown(url)} must start with https:// or http://, without user name, "
            "password, query or spaces"
        )


def check_target(target: str) -> None:
    """Refuses a target that contains credentials, before anything repeats it.

    Args:
      target: as given.

    Raises:
      RequestError: shows the target without anything secret.
    """
    if "?" in target or _USER.search(target):
        raise RequestError(
            f"the target '{shown(target)}' must not contain a user name, password or query: "
            "pass credentials in the environment"
        )
