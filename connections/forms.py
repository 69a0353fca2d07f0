"""What people type on the connection pages; only shape is checked here."""

from django import forms
from django.utils.translation import gettext_lazy as _

CONTROL = {"class": "form-control", "autocomplete": "off", "spellcheck": "false"}


class MarketoCredentialsForm(forms.Form):
    """Credentials pasted from Marketo; the secret never comes back to the page."""

    munchkin_id = forms.CharField(label=_("Munchkin Account ID"), max_length=200, widget=forms.TextInput(CONTROL))
    client_id = forms.CharField(label=_("Client ID"), max_length=200, widget=forms.TextInput(CONTROL))
    client_secret = forms.CharField(label=_("Client Secret"), max_length=500, widget=forms.PasswordInput(CONTROL))
