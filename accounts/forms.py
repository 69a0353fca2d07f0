"""What people type in on the account pages."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Team, User
from accounts.querysets import MemberQuerySet


def time_zone_choices() -> list[tuple[str, str]]:
    """Every zone of the system's time zone database that is a place, and UTC."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class ProfileForm(forms.ModelForm[User]):
    """My Profile: only what a person may change about themselves."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zone_choices, widget=forms.Select(attrs={"class": "form-select"})
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "name"}),
            "language": forms.Select(attrs={"class": "form-select"}),
        }
        labels = {"name": _("Name"), "language": _("Language")}


class TeamForm(forms.ModelForm[Team]):
    """A new team."""

    class Meta:
        model = Team
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"class": "form-control"})}
        labels = {"name": _("Name of the new team")}


class AddMembersForm(forms.Form):
    """Members of the account to put into a team."""

    members = forms.ModelMultipleChoiceField(
        label=_("All Members"),
        queryset=Member.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, members: MemberQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["members"].queryset = members  # type: ignore[attr-defined]
