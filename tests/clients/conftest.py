"""What the clients are tried against besides the sandbox, and tokens for it."""

from collections.abc import Iterator

import pytest

from clients.salesforce.oauth import TokenAnswer
from sandbox.testing import SandboxProcess
from tests.canned_answers import canned_answers
from tests.salesforce_sign_in import signed_in


@pytest.fixture(scope="session")
def canned() -> Iterator[str]:
    """The origin of a server with answers that a test makes up."""
    with canned_answers() as origin:
        yield origin


@pytest.fixture
def tokens(sandbox: SandboxProcess) -> TokenAnswer:
    """What a sign-in at the sandbox's Salesforce gives."""
    return signed_in(sandbox)
