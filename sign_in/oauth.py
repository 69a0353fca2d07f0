"""The calls behind Log in with Salesforce, made by the hardened client of `connections` instead of allauth's own."""

import base64
import secrets
from typing import Any

from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from clients.http import ApiError, expected_shape, network_errors
from clients.salesforce import oauth
from clients.salesforce.errors import SERVICE
from connections.services.sessions import local_origins, oauth_app, open_session


class SignInFailed(ProviderException):  # type: ignore[misc]
    """Salesforce did not say who the person is, because of `cause`."""

    def __init__(self, cause: ApiError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class SalesforceAdapter(OAuth2Adapter):  # type: ignore[misc]
    """Asks the Salesforce at `origin`. Its token is used for one call and kept nowhere."""

    provider_id = "salesforce"

    def __init__(self, request: HttpRequest, origin: str) -> None:
        super().__init__(request)
        self.origin = origin
        self.access_token_url = f"{origin}/services/oauth2/token"
        self.authorize_url = f"{origin}/services/oauth2/authorize"

    def get_callback_url(self, request: HttpRequest, app: object) -> str:
        return settings.SITE_URL + reverse("salesforce_callback")

    def get_access_token_data(
        self, request: HttpRequest, app: object, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Who it is, as Salesforce says with the code's token. Raises SignInFailed."""
        try:
            return self._ask(request.GET["code"], pkce_code_verifier or "")
        except ApiError as error:
            raise SignInFailed(error) from error

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        return SocialToken()

    def complete_login(self, request: HttpRequest, app: object, token: SocialToken, **kwargs: Any) -> SocialLogin:
        return self.get_provider().sociallogin_from_response(request, kwargs["response"])

    def _ask(self, code: str, verifier: str) -> dict[str, Any]:
        session = open_session(allowed_hosts=[self.origin])
        answer = oauth.exchange_code(
            oauth_app(None),
            session=session,
            origin=self.origin,
            code=code,
            code_verifier=verifier,
            redirect_uri=self.get_callback_url(self.request, None),
            extra_origins=local_origins(),
        )
        with network_errors(SERVICE):
            # In a header: an address ends up in access logs.
            headers = {"Authorization": f"Bearer {answer.access_token}"}
            response = session.get(f"{self.origin}/services/oauth2/userinfo", headers=headers)
            if response.status_code != 200:
                raise oauth.OAuthError(oauth.problem_of(response.text[:100]), str(response.status_code))
            who = response.json()
        with expected_shape(SERVICE, who):
            return {
                # The signed answer says whose token it is; the rest describes that user.
                "org_id": answer.org_id,
                "user_id": answer.user_id,
                "username": who["preferred_username"],
                "name": who["name"],
                "email": who["email"],
                "email_verified": who["email_verified"],
            }


def new_state(origin: str) -> str:
    """A random state that remembers where the sign-in was begun, so that its code goes nowhere else."""
    return f"{secrets.token_urlsafe(32)}.{base64.urlsafe_b64encode(origin.encode()).decode()}"


def origin_of(state: str) -> str:
    """Where a sign-in of this state was begun; empty for a state that is none of ours."""
    try:
        return base64.urlsafe_b64decode(state.partition(".")[2]).decode()
    except ValueError:
        return ""
