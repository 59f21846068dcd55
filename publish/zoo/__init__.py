"""Many exports at once: a manifest, a plan of it, and the workers that carry it out.

Importing this package imports neither TensorFlow nor Dask; running a plan does.
"""

from slimhub.publish.zoo.planning import plan
from slimhub.publish.zoo.work import Job, Outcome, Publication

__all__ = ["Job", "Outcome", "Publication", "plan"]
