"""What is typed about a Marketo instance; only shape is checked here."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from common.address_fields import MailableAddressField
from connections.models import MarketoInstance

CONTROL = {"class": "form-control", "autocomplete": "off", "spellcheck": "false"}


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
        label=_("Email address of the first Marketo admin"), widget=forms.EmailInput(CONTROL)
    )
