"""What people type on the pages of Salesforce apps; only shape is checked here."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.models import APP_KINDS, ConnectMethod, SalesforceApp
from problems.messages import ConnectionProblem
from salesforce_orgs.forms import CHOICES, CONTROL, SalesforceHostForm
from salesforce_orgs.services import org_origin


class AppCredentialsForm(forms.Form):
    """Key and secret of a Salesforce app; the secret never comes back to the page."""

    client_id = forms.CharField(label=_("Consumer Key"), max_length=255, widget=forms.TextInput(CONTROL))
    client_secret = forms.CharField(label=_("Consumer Secret"), max_length=500, widget=forms.PasswordInput(CONTROL))

    def credentials(self) -> tuple[str, str]:
        return self.cleaned_data["client_id"], self.cleaned_data["client_secret"]


class SalesforceAppForm(AppCredentialsForm, SalesforceHostForm):
    """An app, and which org it was made in."""

    choice = forms.ChoiceField(
        choices=[("production", _("Production")), *CHOICES[1:]],
        widget=forms.RadioSelect,
        initial="production",
        label=_("The app was created in"),
    )
    kind = forms.ChoiceField(
        choices=APP_KINDS,
        widget=forms.Select({"class": "form-select"}),
        label=_("Kind"),
        help_text=_("Salesforce makes external client apps since Spring '26; connected apps are older ones."),
    )
    name = forms.CharField(
        label=_("Name in Salesforce"),
        max_length=80,
        widget=forms.TextInput(CONTROL),
        help_text=_("As the app is called there."),
    )


class ServerConnectForm(forms.Form):
    """How to connect as a user who does not log in; an app of one org knows its address."""

    method = forms.ChoiceField(
        choices=[choice for choice in ConnectMethod.choices if choice[0] != ConnectMethod.WEB],
        widget=forms.RadioSelect,
        initial=ConnectMethod.CLIENT_CREDENTIALS,
        label=_("Method"),
    )
    my_domain = forms.CharField(
        label=_("Address of your org"),
        max_length=2000,
        widget=forms.TextInput(CONTROL),
        help_text=_("Copy the address of any page of the org: these methods ask the org itself."),
    )
    username = forms.CharField(
        label=_("Username of the Salesforce user"),
        max_length=255,
        required=False,
        widget=forms.TextInput(CONTROL),
        help_text=_("For JWT bearer only. Client credentials act as the user whom the app's policies name."),
    )

    def __init__(self, app: SalesforceApp, data: Any = None) -> None:
        super().__init__(data)
        self.app = app
        if not app.is_of_many_orgs:
            del self.fields["my_domain"]

    def clean(self) -> dict[str, Any]:
        """What each method needs; a wrong address is refused at its field."""
        typed = self.cleaned_data
        if typed.get("method") == ConnectMethod.JWT_BEARER and not typed.get("username"):
            self.add_error("username", _("Enter the username, for example integration@acme.example."))
        try:
            self.org_origin = self._org_origin(typed.get("my_domain", ""))
        except ConnectionProblem as refused:
            self.add_error("my_domain", f"{refused.problem.what} {refused.problem.todo}")
        else:
            self._show_what_was_understood()
        return typed

    def _show_what_was_understood(self) -> None:
        """An address that was put together from what was typed is shown before anything is sent to it."""
        if not self.app.is_of_many_orgs or self.cleaned_data["my_domain"] == self.org_origin:
            return
        self.data = {name: self.data[name] for name in self.data} | {"my_domain": self.org_origin}
        sentence = _("So this was understood. Nothing was sent yet: if it is your org, press the button once more.")
        self.add_error("my_domain", sentence)

    def _org_origin(self, typed: str) -> str:
        if not self.app.is_of_many_orgs:
            return self.app.org_origin
        return org_origin("my_domain", typed)
