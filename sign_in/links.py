"""Which Salesforce user signs in as which user of the console."""

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Member, SalesAccount, User
from accounts.services import RefusedError, lock_account, must_use_salesforce, record_own
from common.addresses import lookup_form
from sign_in.audit_actions import SignInAction

PROVIDER = "salesforce"


def linked_to(user: User) -> SocialAccount | None:
    return SocialAccount.objects.filter(provider=PROVIDER, user=user).first()


def links_to_org(account: SalesAccount, org_id: str) -> int:
    """How many members of an account sign in as their user of an org."""
    links = SocialAccount.objects.filter(provider=PROVIDER, uid__startswith=f"{org_id}/")
    return int(links.filter(user__member__account=account).count())


def refuse_other_address(sociallogin: SocialLogin, email: str) -> None:
    """Raises RefusedError unless Salesforce has verified that the address of its user is `email`."""
    [address] = sociallogin.email_addresses or [None]
    if not address or lookup_form(address.email or "") != lookup_form(email):
        raise RefusedError(
            _(
                "The Salesforce user you logged in with has another email address than %(email)s. Log out of "
                "Salesforce and log in as the user with that address, or ask your Salesforce admin to correct it."
            )
            % {"email": email}
        )
    if not address.verified:
        raise RefusedError(
            _(
                "Salesforce has not verified the address %(email)s yet. Open the verification mail from Salesforce, "
                "or ask your Salesforce admin to send it again; then start again here."
            )
            % {"email": email}
        )


def refuse_operator(user: User) -> None:
    """
    Raises RefusedError for whoever sees every Sales account: whoever rules over one company's Salesforce org can log in
    as any user there, and would see those of all others.
    """
    if user.is_ops_staff or user.is_superuser:
        raise RefusedError(
            _(
                "Whoever operates this console signs in with a password, not with Salesforce: a Salesforce admin can "
                "log in as any user of their org. If you have no password, press Forgot password."
            )
        )


def forget_link(user: User) -> None:
    """
    End the link of somebody who leaves a Sales account: whoever rules over its Salesforce org can log in as any user
    there, and would be them in the next account, too.
    """
    SocialAccount.objects.filter(provider=PROVIDER, user=user).delete()


@transaction.atomic
def unlink(*, user: User) -> None:
    """Take the link away. Raises RefusedError when the user could no longer sign in."""
    if not user.has_usable_password():
        raise RefusedError(
            _("You have no password, and could not sign in any more. Set one under My Profile > Change password first.")
        )
    # Nobody may choose Salesforce Only in between.
    if member := Member.objects.select_related("account").filter(user=user).first():
        lock_account(member.account)
    if must_use_salesforce(user):
        raise RefusedError(
            _(
                "Your Sales account lets people in with Salesforce only. An admin can change that under "
                "Settings > Admin Settings > General."
            )
        )
    if SocialAccount.objects.filter(provider=PROVIDER, user=user).delete()[0]:
        record_own(user, action=SignInAction.UNLINKED)
