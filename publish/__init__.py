"""Pages, archives and hubs: what becomes of an artifact once it is proved."""

from publish.errors import PublishError
from publish.handle import Handle

__all__ = ["Handle", "PublishError"]
