"""The provider that allauth finds by this module's name."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from django.http import HttpRequest

from sign_in.oauth import SalesforceAdapter


class SalesforceAccount(ProviderAccount):  # type: ignore[misc]
    """How a linked Salesforce user is called."""

    def to_str(self) -> str:
        return str(self.account.extra_data["username"])


class SalesforceProvider(OAuth2Provider):  # type: ignore[misc]
    """One Salesforce user, whichever login page they came from; `origin` is that page's."""

    id = "salesforce"
    name = "Salesforce"
    account_class = SalesforceAccount
    oauth2_adapter_class = SalesforceAdapter
    origin = ""

    def get_oauth2_adapter(self, request: HttpRequest) -> SalesforceAdapter:
        return SalesforceAdapter(request, self.origin)

    def extract_uid(self, data: dict[str, Any]) -> str:
        """A sandbox keeps the user ids of the org it was copied from, so the org belongs to the identity."""
        return f"{data['org_id']}/{data['user_id']}"

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"username": data["username"], "name": data["name"]}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"email": data["email"], "name": data["name"]}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        return [EmailAddress(email=data["email"], verified=data["email_verified"] is True, primary=True)]


provider_classes = [SalesforceProvider]
