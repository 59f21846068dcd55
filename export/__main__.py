"""`python -m slimhub.export ...` is `slimhub export ...`.

This is the only module that imports from a room to its left: it is a second entry point of the
command line, and nothing imports it.
"""

import sys

from slimhub.cli.main import run

sys.argv.insert(1, "export")
run()
