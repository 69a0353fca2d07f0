"""Forms of User Management."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Team
from accounts.permissions import Role
from accounts.querysets import MemberQuerySet, TeamQuerySet
from members.user_list import STATES


class RemoveForm(forms.Form):
    """Who receives what a removed member owned."""

    receiver = forms.ModelChoiceField(
        label=_("Who receives the invitations this person has sent"),
        queryset=Member.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, receivers: MemberQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["receiver"].queryset = receivers  # type: ignore[attr-defined]
        self.fields["receiver"].label_from_instance = lambda member: str(member.user)  # type: ignore[attr-defined]


class PeopleFilterForm(forms.Form):
    """Which lines of User Management to show."""

    q = forms.CharField(
        label=_("Name or email address"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("All roles")), *Role.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("All teams"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All states")), *STATES],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, teams: TeamQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team"].queryset = teams.filter(is_everyone=False)  # type: ignore[attr-defined]
