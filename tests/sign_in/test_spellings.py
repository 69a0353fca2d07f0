"""Log in with Salesforce by any spelling of the address."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialLogin

from accounts.services import RefusedError
from sign_in.links import refuse_other_address

SPELLINGS = ["per@xn--keri-poa.example", "Per@Åkeri.example", "per@a\u030akeri.example"]


@pytest.mark.parametrize("theirs", SPELLINGS)
def test_salesforce_may_spell_the_address_as_it_likes(theirs: str) -> None:
    login = SocialLogin(email_addresses=[EmailAddress(email=theirs, verified=True)])
    refuse_other_address(login, "per@åkeri.example")


@pytest.mark.parametrize("theirs", ["per@akeri.example", "", "per@åkeri.example.invalid"])
def test_another_address_stays_another(theirs: str) -> None:
    login = SocialLogin(email_addresses=[EmailAddress(email=theirs, verified=True)])
    with pytest.raises(RefusedError, match="another email address"):
        refuse_other_address(login, "per@åkeri.example")
