"""Publishing an artifact: pages, archives, hubs and other destinations."""

from slimhub.common.errors import PublishError
from slimhub.publish.handle import Handle

__all__ = ["Handle", "PublishError"]
