"""License ids of the hubs, by our ids (those of SPDX in lower case)."""

from __future__ import annotations

from collections.abc import Collection

from slimhub.common.errors import RequestError

# Those that Kaggle has for models.
KAGGLE = {
    "agpl-3.0": "GNU Affero General Public License 3.0",
    "apache-2.0": "Apache 2.0",
    "bsd-3-clause": "BSD-3-Clause",
    "cc-by-3.0": "Attribution 3.0 Unported (CC BY 3.0)",
    "cc-by-4.0": "Attribution 4.0 International (CC BY 4.0)",
    "cc-by-nc-4.0": "Attribution-NonCommercial 4.0 International (CC BY-NC 4.0)",
    "cc-by-nc-nd-4.0": (
        "Attribution-NonCommercial-NoDerivatives 4.0 International (CC BY-NC-ND 4.0)"
    ),
    "cc-by-nc-sa-4.0": "CC BY-NC-SA 4.0",
    "cc-by-nd-4.0": "Attribution-NoDerivatives 4.0 International (CC BY-ND 4.0)",
    "cc-by-sa-3.0": "CC BY-SA 3.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0",
    "cc0-1.0": "CC0: Public Domain",
    "gfdl-1.3": "GNU Free Documentation License 1.3",
    "gpl-2.0": "GPL 2",
    "gpl-3.0": "GPL 3",
    "lgpl-3.0": "GNU Lesser General Public License 3.0",
    "mit": "MIT",
    "odc-by-1.0": "ODC Attribution License (ODC-By)",
    "pddl-1.0": "ODC Public Domain Dedication and Licence (PDDL)",
}

# Those of Hugging Face, which uses our ids except for a few.
_OTHER_IDS = {
    "custom": "other",
    "gfdl-1.3": "gfdl",
    "odc-by-1.0": "odc-by",
    "pddl-1.0": "pddl",
}
_SAME = (
    "afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsl-1.0 cc-by-2.0 "
    "cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 "
    "cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 "
    "cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0 ecl-2.0 epl-1.0 "
    "epl-2.0 eupl-1.1 eupl-1.2 gpl-2.0 gpl-3.0 isc lgpl-2.1 lgpl-3.0 mit mpl-2.0 ms-pl ncsa "
    "ofl-1.1 osl-3.0 postgresql unlicense wtfpl zlib"
)
HUGGING_FACE = {name: name for name in _SAME.split()} | _OTHER_IDS


def check(license: str | None, known: Collection[str], place: str) -> None:
    """Refuses a license that a place does not have.

    Args:
      license: our id, or None.
      known: our ids of the licenses it has.
      place: for the message.

    Raises:
      RequestError: lists them.
    """
    if license is not None and license not in known:
        raise RequestError(
            f"{place} does not have the license '{license}': pass one of {', '.join(sorted(known))}"
        )
