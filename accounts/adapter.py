"""How allauth behaves here."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import tasks
from accounts.access import has_signed_in_with_salesforce, is_fresh_sign_in
from accounts.audit_actions import AccountAction
from accounts.begun_sign_in import note_beginning
from accounts.emails import SignInChange
from accounts.first_sign_in import keep_what_the_browser_tells
from accounts.models import User
from accounts.services import must_use_salesforce, record_own
from accounts.sign_in_limits import Attempt, hashing, remember_device
from common.after_commit import after_commit
from common.locks import patient_transaction
from common.mail import counted_mail, receiver

# By the name of allauth's own mail. A password chosen by the link of a mail needs none: that mail has told its owner.
NOTICES = {
    "account/email/password_changed": SignInChange.PASSWORD,
    "mfa/email/totp_activated": SignInChange.SECOND_FACTOR_ADDED,
    "mfa/email/totp_deactivated": SignInChange.SECOND_FACTOR_REMOVED,
    "mfa/email/recovery_codes_generated": SignInChange.RECOVERY_CODES,
    "socialaccount/email/account_connected": SignInChange.SALESFORCE_LINKED,
}


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: people come in by an invitation."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("Wrong email address or password."),
        "incorrect_password": gettext_lazy("Wrong password."),
        "too_many_login_attempts": gettext_lazy(
            "Too many passwords were tried. Wait up to an hour and try again, or press Forgot password: with the link "
            "of the mail you get in at once."
        ),
        "too_many_at_once": gettext_lazy("Too many people sign in at this moment. Try again in a few seconds."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Not to the form again: what was to be done is done."""
        return reverse("accounts:profile")

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        record_own(user, action=AccountAction.PASSWORD_CHANGED)

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """The last word after the password was right: the policy of the Sales account may ask for Salesforce."""
        refusal: HttpResponse | None = super().pre_login(request, user, **options)
        if refusal:
            return refusal
        if has_signed_in_with_salesforce(request, user) or not must_use_salesforce(user):
            note_beginning(request, user)
            keep_what_the_browser_tells(request, user)
            return None
        record_own(user, action=AccountAction.PASSWORD_REFUSED)
        messages.error(
            request,
            _(
                "Your Sales account lets people in with Salesforce only. Press Log in with Salesforce; if that does "
                "not let you in, ask an admin of the account."
            ),
        )
        return redirect("account_login")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Not allauth's limit, by which anybody locks out the owner of an address."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Who has this address and password. Raises ValidationError where it was tried too often."""
        email = str(credentials.get("email", ""))
        attempt = Attempt(request, email, self.get_client_ip(request))
        if attempt.is_too_fast():
            raise self.validation_error("too_many_login_attempts")
        user = self._with_password(request, credentials)
        is_within_limits = attempt.is_within_limits()
        # Who is signed in and gives the password again is asked for no second factor behind it.
        is_second_asked = user is not None and is_mfa_enabled(user) and not request.user.is_authenticated
        if user and (is_within_limits or is_second_asked):
            attempt.take_back()
            return user
        if attempt.is_worth_telling:
            # Without Redis nobody can be told; whoever is signing in need not know.
            after_commit(tasks.send_guess_notice.delay, email)
        if not is_within_limits:
            raise self.validation_error("too_many_login_attempts")
        return None

    def _with_password(self, request: HttpRequest, credentials: Mapping[str, Any]) -> User | None:
        """Raises ValidationError where this process looks at as many passwords as leave threads to other pages."""
        if not hashing.take():
            raise self.validation_error("too_many_at_once")
        try:
            user: User | None = super().authenticate(request, **credentials)
            return user
        finally:
            hashing.give_back()

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        remember_device(request, response, user)
        return response

    def is_safe_url(self, url: str) -> bool:
        """A page of this site by its path: another name of ours, or http, would leave what the person sees of it."""
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return on_our_site(super().get_email_confirmation_url(request, emailconfirmation))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name the console, never the host that the request claims."""
        site = SimpleNamespace(name="Sales Insight Actions", domain=urlsplit(settings.SITE_URL).netloc)
        link = context.get("password_reset_url", settings.SITE_URL)
        with counted_mail():
            super().send_mail(template_prefix, receiver(email), context | {"current_site": site, "link": link})

    def send_notification_mail(self, template_prefix: str, user: User, *_args: Any, **_options: Any) -> None:
        """
        In the background: a mail server that is slow keeps nobody from a new password. Whoever has no password came by
        Salesforce a moment ago, and knows.
        """
        change = NOTICES.get(template_prefix)
        if change and user.has_usable_password():
            after_commit(tasks.send_sign_in_changed.delay, user.pk, change.value)

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """A sign-in counts like a password given again; allauth alone would ask for it a second after signing in."""
        return not is_fresh_sign_in(self.request) and bool(super().is_reauthentication_required(app=app, **options))


class AuditedSessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Devices you are signed in on: ending sessions leaves a trace."""

    def end_sessions(self, sessions: Iterable[Any]) -> None:
        ended = list(sessions)
        super().end_sessions(ended)
        for user in {session.user for session in ended}:
            with patient_transaction():
                record_own(user, action=AccountAction.SESSIONS_ENDED, number=len(ended))


def on_our_site(url: str) -> str:
    """The path of `url` at the console's own address: whoever sends a request chooses its Host header."""
    return settings.SITE_URL + urlsplit(url).path
