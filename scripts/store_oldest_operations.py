"""Stores the operations and attributes of the oldest TensorFlow that artifacts load on.

Run it with TensorFlow 1.15.5 (Python 3.7), from the repository:

    python3.7 scripts/store_oldest_operations.py

It takes a few seconds and writes `export/savedmodel/data/operations_1.15.json.gz`, which
`export/savedmodel/portable.py` reads. It only has to run again if the oldest release changes.
"""

import argparse
import gzip
import json
import os

DATA = os.path.join(os.path.dirname(__file__), "..", "export", "savedmodel", "data")
PATH = os.path.join(DATA, "operations_1.15.json.gz")


def main():
    """Writes {operation: [attributes]} of all registered operations."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    from tensorflow.python.framework import op_def_registry

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
