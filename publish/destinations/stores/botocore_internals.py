"""What slimhub needs of botocore beyond its documentation: which credentials it looks for.

The last of botocore's providers, `iam-role`, contacts an address that only exists on Amazon's
machines, and waits for seconds elsewhere. The public switch, the variable
AWS_EC2_METADATA_DISABLED, would apply to the whole process and all its threads. The session's
component `credential_provider`, its method `remove` and the provider's name are those of botocore
1.43; `test_botocore_internals.py` checks each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.session import Session


def skip_machine_role(session: Session) -> None:
    """Keeps a session from requesting credentials from Amazon's machines.

    Args:
      session: one that has not looked for any yet.
    """
    session.get_component("credential_provider").remove("iam-role")
