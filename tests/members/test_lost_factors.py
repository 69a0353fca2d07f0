"""An Admin takes away lost second factors: of nobody whom they would open something to that is not the account's."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import SalesAccount, User
from tests.factories import make_account, make_instance, make_marketo_admin
from tests.pages import text_of

REFUSED = "the operator resets their second factors"


@pytest.mark.parametrize(("whose", "is_reset"), [("own", True), ("another", False), ("nobody", False)])
def test_an_admin_of_another_company_s_marketo_keeps_them(
    browser: Client, account: SalesAccount, member: User, whose: str, is_reset: bool
) -> None:
    owners = {"own": account, "another": make_account("Umbrella Ltd"), "nobody": None}
    make_marketo_admin(make_instance(account=owners[whose]), member.email)
    Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={"secret": ""})
    page = browser.post(f"/settings/admin/users/{member.member.pk}/second-factors/", follow=True)
    assert Authenticator.objects.exists() != is_reset
    assert (REFUSED in text_of(page)) != is_reset
