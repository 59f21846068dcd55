"""Many exports at once: a manifest, its plan, and the workers that carry it out.

Importing this package imports neither TensorFlow nor Dask; running a plan does.
"""

from slimhub.zoo.jobs import Job, JobOutcome, Publication
from slimhub.zoo.planner import plan

__all__ = ["Job", "JobOutcome", "Publication", "plan"]
