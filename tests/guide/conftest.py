"""The Sales account of a registered Marketo instance, set up as step 1 leaves it."""

import pytest

from accounts.models import SalesAccount, User
from connections.models import MarketoInstance


@pytest.fixture
def account_of_instance(linked_instance: MarketoInstance, account: SalesAccount, admin: User) -> SalesAccount:
    return account
