"""Who can now log in as somebody is told to its owner, by mail."""

import pytest
from django.core import mail

from accounts.models import User
from tests.conftest import ClientOf
from tests.sign_in.salesforce_browser import AtSalesforce, link


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_password", [True, False])
def test_a_new_link_is_told_whoever_has_a_password(
    has_password: bool, mia: User, client_of: ClientOf, at_salesforce: AtSalesforce
) -> None:
    """Whoever has none came by Salesforce themselves."""
    if not has_password:
        mia.set_unusable_password()
        mia.save()
    link(mia, client_of, at_salesforce)
    told = [str(message.body) for message in mail.outbox if message.subject == "How you sign in was changed"]
    assert ["Your user was linked to a Salesforce user" in text for text in told] == [True] * has_password
