"""What slimhub needs of botocore beyond its documentation: which credentials it looks for.

The last of botocore's providers, `iam-role`, asks an address that only Amazon's machines have, and
waits for seconds elsewhere. The public switch, the variable AWS_EC2_METADATA_DISABLED, would hold
for the whole process and every thread in it. The session's component `credential_provider`, its
method `remove` and the provider's name are those of botocore 1.43; `test_botocore_internals.py`
checks each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.session import Session


def skip_machine_role(session: Session) -> None:
    """Keeps a session from asking Amazon's machines for credentials.

    Args:
      session: that has not looked for any yet.
    """
    session.get_component("credential_provider").remove("iam-role")
