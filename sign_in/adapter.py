"""What a proven Salesforce identity may do: sign in whom it is linked to, be linked, or accept an invitation."""

from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import is_fresh_sign_in
from accounts.models import User
from accounts.services import RefusedError, must_use_salesforce
from problems.codes import problem_code
from problems.messages import problem_for
from sign_in.links import linked_to, refuse_operator, refuse_other_address
from sign_in.oauth import SignInFailed, new_state


class SalesforceSignInAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody is found by an address: a Salesforce admin chooses the addresses of their users freely."""

    def generate_state_param(self, state: dict[str, Any]) -> str:
        return new_state(state["origin"])

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: object) -> str:
        return reverse("salesforce_link")

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """After Salesforce said who it is, before allauth lets them in."""
        try:
            self._admit(request, sociallogin)
        except RefusedError as refused:
            _send_back(request, str(refused))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: object,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        if error == AuthError.CANCELLED:
            _send_back(request, _("You pressed Deny at Salesforce. Start again, and press Allow."))
        if isinstance(exception, SignInFailed):
            problem = problem_for(problem_code(exception.cause))
            _send_back(request, f"{problem.what} {problem.todo}")
        _send_back(
            request,
            _(
                "This sign-in was begun in another browser, or more than 10 minutes ago. Start again, and finish it "
                "in this browser."
            ),
        )

    def _admit(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state["process"] == AuthProcess.CONNECT:
            # Whoever has signed out meanwhile is asked by allauth to sign in.
            if isinstance(request.user, User):
                refuse_operator(request.user)
                refuse_other_address(sociallogin, request.user.email)
        elif sociallogin.state.get("invitation"):
            self.accept_invitation(request, sociallogin, sociallogin.state["invitation"])
        elif sociallogin.is_existing:
            refuse_operator(sociallogin.user)
        else:
            self._link_who_must_use_salesforce(request, sociallogin)

    def _link_who_must_use_salesforce(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in whose right password was refused a moment ago for want of a link; a second factor comes after."""
        user = User.objects.with_email(sociallogin.user.email)
        if not user or not _lacks_only_the_link(request, user):
            raise RefusedError(
                _(
                    "No user of this console is linked to this Salesforce user. If you have a password, sign in with "
                    "it and link the two under My Profile; otherwise open the link in your invitation mail."
                )
            )
        refuse_other_address(sociallogin, user.email)
        sociallogin.connect(request, user)

    def accept_invitation(self, request: HttpRequest, sociallogin: SocialLogin, token_hash: str) -> None:
        """
        Let somebody in who began the sign-in on the page of an invitation. Raises RefusedError.

        What an invitation is, the room above this one knows.
        """
        raise NotImplementedError


def _lacks_only_the_link(request: HttpRequest, user: User) -> bool:
    return user.is_active and is_fresh_sign_in(request, user) and must_use_salesforce(user) and not linked_to(user)


def _send_back(request: HttpRequest, reason: str) -> NoReturn:
    messages.error(request, reason)
    is_signed_in = isinstance(request.user, User)
    raise ImmediateHttpResponse(redirect("salesforce_link" if is_signed_in else "account_login"))
