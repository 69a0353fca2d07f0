"""What people choose for a token."""

import secrets
from functools import partial

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.forms import VisibleName
from api.scopes import Scope
from api.tokens import LIFETIMES, USUAL_LIFETIME


def _lifetimes() -> list[tuple[int, str]]:
    return [(days, ngettext("%(days)s day", "%(days)s days", days) % {"days": days}) for days in LIFETIMES]


class TokenForm(VisibleName, forms.Form):
    """A token's name, what it may read and for how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("The program that will use it, such as Grafana."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May read"),
        choices=Scope.choices,
        initial=[Scope.RUNS],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    days = forms.TypedChoiceField(
        label=_("Expires after"),
        coerce=int,
        choices=_lifetimes,
        initial=USUAL_LIFETIME,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    # By which a form that is sent again is known, such as by loading the page with the secret anew.
    once = forms.CharField(
        required=False,
        max_length=40,
        initial=partial(secrets.token_urlsafe, 16),
        widget=forms.HiddenInput,
    )
