"""`python -m slimhub.export ...` is `slimhub export ...`.

The one place where a room reaches to its left: it is a second door to the command line,
and nothing imports it.
"""

import sys

from slimhub.cli.main import run

sys.argv.insert(1, "export")
run()
