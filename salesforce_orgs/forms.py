"""Which Salesforce login page a person chooses; only shape is checked here."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from problems.messages import ConnectionProblem
from salesforce_orgs.services import org_origin

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
            org_origin(typed.get("choice", "production"), typed.get("my_domain", ""))
        except ConnectionProblem as refused:
            self.add_error("my_domain", f"{refused.problem.what} {refused.problem.todo}")
        return typed
