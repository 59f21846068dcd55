"""Pages, archives and hubs: what becomes of an artifact once it is proved."""

from slimhub.common.errors import PublishError
from slimhub.publish.handle import Handle

__all__ = ["Handle", "PublishError"]
