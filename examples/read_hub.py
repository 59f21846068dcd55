"""Lists the models of a hub, and loads the newest version of each.

    slimhub publish ARTIFACT hub:models --handle=me/flowers/feature_vector/1
    slimhub serve models
    python examples/read_hub.py http://localhost:8080

A hub's `index.json` says what is published, for programs. Models are downloaded once, into the
folder that `TFHUB_CACHE_DIR` names.
"""

import json
import sys
import urllib.request

import tensorflow_hub as hub


def main(url: str) -> None:
    """Prints one line per model.

    Args:
      url: address of the hub.
    """
    with urllib.request.urlopen(f"{url.rstrip('/')}/index.json") as answer:
        models = json.load(answer)["models"]
    for name, versions in sorted(models.items()):
        offered = [version for version in versions if not version.get("withdrawn")]
        if not offered:
            continue
        newest = max(offered, key=lambda version: version["number"])
        handle = f"{url.rstrip('/')}/{name}/{newest['number']}"
        variables = hub.load(handle).variables
        parameters = sum(variable.shape.num_elements() for variable in variables)
        print(f"{handle}: {newest['network']}, {newest['task']}, {parameters:,} parameters")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
