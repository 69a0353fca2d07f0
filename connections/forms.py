"""What people type on the connection pages; only shape is checked here."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.hosts import ForbiddenHost, salesforce_login_origin
from common.address_fields import MailableAddressField
from connections.messages import PROBLEMS
from connections.models import MarketoInstance
from connections.problem_codes import ProblemCode

CONTROL = {"class": "form-control", "autocomplete": "off", "spellcheck": "false"}
CHOICES = [("production", _("Salesforce")), ("sandbox", _("Sandbox")), ("my_domain", _("My Domain"))]


class SalesforceHostForm(forms.Form):
    """Which Salesforce login page to go to."""

    choice = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, initial="production", label=_("Log in to"))
    my_domain = forms.CharField(
        label=_("Address of your org"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(CONTROL),
        help_text=_(
            "For My Domain only. Copy the address of any page of the org, or type its first part, for example acme or "
            "acme--test.sandbox."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """A My Domain that is none, also an empty one, is refused at its field."""
        typed = self.cleaned_data
        try:
            salesforce_login_origin(typed.get("choice", "production"), typed.get("my_domain", ""), local_origin=None)
        except ForbiddenHost:
            problem = PROBLEMS[ProblemCode.SALESFORCE_BAD_DOMAIN]
            self.add_error("my_domain", f"{problem.what} {problem.todo}")
        return typed


class MarketoCredentialsForm(forms.Form):
    """Credentials pasted from Marketo; the secret never comes back to the page."""

    munchkin_id = forms.CharField(label=_("Munchkin Account ID"), max_length=200, widget=forms.TextInput(CONTROL))
    client_id = forms.CharField(label=_("Client ID"), max_length=200, widget=forms.TextInput(CONTROL))
    client_secret = forms.CharField(label=_("Client Secret"), max_length=500, widget=forms.PasswordInput(CONTROL))


class AllowanceForm(forms.ModelForm[MarketoInstance]):
    """What Marketo gives all tools in a day, and this console's share of it."""

    class Meta:
        model = MarketoInstance
        fields = ("daily_calls", "daily_export_megabytes", "share_percent")
        widgets: ClassVar = {name: forms.NumberInput({"class": "form-control"}) for name in fields}


class MarketoInstanceForm(MarketoCredentialsForm):
    """A Marketo instance as an operator enters it."""

    name = forms.CharField(label=_("Customer"), max_length=150, widget=forms.TextInput(CONTROL))
    endpoint = forms.CharField(
        label=_("REST endpoint"),
        max_length=200,
        required=False,
        widget=forms.TextInput(CONTROL),
        help_text=_("Leave empty for the usual address of the Munchkin Account ID."),
    )
    first_admin_email = MailableAddressField(
        label=_("E-mail address of the first Marketo admin"), widget=forms.EmailInput(CONTROL)
    )
