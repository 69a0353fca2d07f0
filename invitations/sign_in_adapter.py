"""Accepting an invitation by Log in with Salesforce."""

from functools import partial

from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.services import RefusedError
from common.names import clean_name
from invitations import accepting
from sign_in.adapter import SalesforceSignInAdapter
from sign_in.links import refuse_other_address


class InvitedSignInAdapter(SalesforceSignInAdapter):
    """Knows what to do with somebody who comes from the page of an invitation."""

    def accept_invitation(self, request: HttpRequest, sociallogin: SocialLogin, token_hash: str) -> None:
        try:
            self._accept(request, sociallogin, token_hash)
        except accepting.NotOpenError:
            raise RefusedError(
                _("This invitation can no longer be used. Ask the person who invited you to resend it.")
            ) from None

    def _accept(self, request: HttpRequest, sociallogin: SocialLogin, token_hash: str) -> None:
        refuse_other_address(sociallogin, accepting.find_open_by_hash(token_hash).email)
        if sociallogin.is_existing:
            raise RefusedError(_("This address has an account already. Sign in with it to accept the invitation."))
        member = accepting.accept_with_salesforce(
            token_hash=token_hash,
            name=clean_name(sociallogin.account.extra_data["name"] or "")[:150],
            language=get_language() or "en",
            link=partial(sociallogin.connect, request),
        )
        messages.success(request, _("Welcome to the Sales account %(account)s.") % {"account": member.account})
