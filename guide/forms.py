"""What people type on Marketo's pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from common.address_fields import MailableAddressField


class FirstAdminForm(forms.Form):
    """Whom to invite as the first admin, where Marketo does not list its admins."""

    email = MailableAddressField(
        label=_("Email address of the first admin"),
        widget=forms.EmailInput({"class": "form-control", "autocomplete": "off"}),
        help_text=_("Marketo does not tell this console who its admins are. Type the address of one."),
    )
