"""How somebody signs in, as My Profile lists it: each way with its state and the page that changes it."""

from dataclasses import dataclass

from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User


@dataclass(frozen=True)
class Way:
    """A line of My Profile; `action` is what its button says."""

    icon: str
    label: str
    fact: str
    action: str
    url: str


def ways_of(user: User, request: HttpRequest) -> list[Way]:
    """What can be changed about signing in; Salesforce only where this console has an app there."""
    with_salesforce = [_salesforce(user)] if get_adapter(request).list_providers(request) else []
    return [_password(user), *with_salesforce, _second_factor(user), _devices(user)]


def _password(user: User) -> Way:
    has_one = user.has_usable_password()
    fact, action = (_("You have one."), _("Change")) if has_one else (_("You have none."), _("Set"))
    return Way("lock", _("Password"), fact, action, reverse("account_change_password"))


def _salesforce(user: User) -> Way:
    linked = SocialAccount.objects.filter(user=user).first()
    username = linked.extra_data.get("username", "") if linked else ""
    fact = _("Linked to %(name)s.") % {"name": username} if linked else _("Not linked.")
    action = _("Change") if linked else _("Link")
    return Way("cloud", _("Log in with Salesforce"), fact, action, reverse("salesforce_link"))


def _second_factor(user: User) -> Way:
    is_on = is_mfa_enabled(user)
    fact = _("On.") if is_on else _("Off. A code from your phone makes your account safer.")
    action = _("Change") if is_on else _("Turn on")
    return Way("device-mobile", _("Two-factor authentication"), fact, action, reverse("mfa_index"))


def _devices(user: User) -> Way:
    number = UserSession.objects.filter(user=user).count()
    fact = ngettext("Signed in on %(number)s device.", "Signed in on %(number)s devices.", number) % {"number": number}
    return Way("devices", _("Devices"), fact, _("Show"), reverse("usersessions_list"))
