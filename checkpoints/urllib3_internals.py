"""An HTTP session whose connections are known from their first moment, so that they can be ended.

`requests` hands a connection out only when all headers have come.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from slimhub.checkpoints.transfer_limits import TransferLimits


def opened(limits: TransferLimits) -> requests.Session:
    """A session, with what the environment says about proxies and certificates.

    Args:
      limits: of everything that is done in it.
    """
    session, adapter = requests.Session(), _WatchedAdapter(limits)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


class _WatchedAdapter(HTTPAdapter):
    def __init__(self, limits: TransferLimits) -> None:
        self._limits = limits
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        self._watch(manager)
        return manager

    def _watch(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: _watched(pool, self._limits)
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }


def _watched(pool: Any, limits: TransferLimits) -> Any:
    """A class of pools whose connections are watched."""
    base = pool.ConnectionCls

    def connected(self: Any) -> Any:
        connection = base._new_conn(self)
        limits.watch(connection)
        return connection

    watched = type(base.__name__, (base,), {"_new_conn": connected})
    return type(pool.__name__, (pool,), {"ConnectionCls": watched})
