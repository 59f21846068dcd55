"""Stores which operations and attributes the oldest TensorFlow knows that artifacts load on.

Run it with TensorFlow 1.15.5 (Python 3.7), from the repository:

    python3.7 scripts/store_oldest_operations.py

It takes a few seconds and writes `export/savedmodel/data/operations_1.15.json.gz`, which
`export/savedmodel/portable.py` reads. Only a change of the oldest release needs it again.
"""

import gzip
import json
import os

from tensorflow.python.framework import op_def_registry

DATA = os.path.join(os.path.dirname(__file__), "..", "export", "savedmodel", "data")
PATH = os.path.join(DATA, "operations_1.15.json.gz")


def main():
    """Writes {operation: [attributes]} of all registered operations."""
    registered = op_def_registry.get_registered_ops()
    table = {
        name: sorted(attribute.name for attribute in operation.attr)
        for name, operation in sorted(registered.items())
    }
    text = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    with open(PATH, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        file.write(text)
    print("{} operations".format(len(table)))


if __name__ == "__main__":
    main()
