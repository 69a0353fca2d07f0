"""What allauth reports of Salesforce users, written into the audit trail; nothing else happens here."""

from typing import Any

from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.dispatch import receiver

from accounts.services import record_own
from sign_in.audit_actions import SignInAction


@receiver(social_account_added)
def salesforce_user_linked(sociallogin: SocialLogin, **_: Any) -> None:
    username = sociallogin.account.extra_data["username"]
    record_own(sociallogin.user, action=SignInAction.LINKED, salesforce_user=username)
