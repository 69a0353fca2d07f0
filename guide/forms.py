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


class AdminRolesForm(forms.Form):
    """Roles of Marketo that count as Admin."""

    roles = forms.CharField(
        label=_("Roles that count as Admin, too"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"class": "form-control", "autocomplete": "off"}),
        help_text=_(
            "Their names in Marketo, separated by commas. People with one of these roles can open these pages."
        ),
    )

    def clean_roles(self) -> list[str]:
        typed: str = self.cleaned_data["roles"]
        return list(dict.fromkeys(name for part in typed.split(",") if (name := part.strip())))
