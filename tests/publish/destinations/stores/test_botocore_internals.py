"""botocore's session has what slimhub needs of it beyond its documentation."""

import botocore
import botocore.session

from slimhub.publish.destinations.stores import botocore_internals

MISSING = f"slimhub needs this of botocore, and {botocore.__version__} does not have it: "


def test_the_role_of_a_machine_can_be_skipped():
    session = botocore.session.get_session()
    providers = session.get_component("credential_provider").providers
    names = [provider.METHOD for provider in providers]
    assert "iam-role" in names, f"{MISSING}the credential provider iam-role"
    botocore_internals.skip_machine_role(session)
    left = [p.METHOD for p in session.get_component("credential_provider").providers]
    assert left == [name for name in names if name != "iam-role"], f"{MISSING}remove of a resolver"
