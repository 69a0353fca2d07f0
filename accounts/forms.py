"""What people type in on the account pages."""

from datetime import date, datetime, time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ResetPasswordForm
from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.audit import action_choices
from accounts.models import LoginPolicy, Member, Team, User
from accounts.querysets import AuditEventQuerySet, MemberQuerySet
from accounts.tasks import send_password_reset
from accounts.time_zones import time_zone_choices
from common.address_fields import KnownAddressField, contains_spelling
from common.long_select import LongSelect
from common.names import clean_name
from common.paging import is_key


class SignInForm(LoginForm):  # type: ignore[misc]
    """Address and password; the address in any spelling."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        allauths = self.fields["login"]
        self.fields["login"] = KnownAddressField(label=allauths.label, widget=allauths.widget)
        is_known = self.data.get("login") or self.initial.get("login")
        self.fields["password" if is_known else "login"].widget.attrs["autofocus"] = True


class AskForReset(ResetPasswordForm):  # type: ignore[misc]
    """What a visitor sends; nobody is looked for while they wait."""

    email = KnownAddressField(
        label=_("Email address"), required=True, widget=ResetPasswordForm.base_fields["email"].widget
    )

    def clean_email(self) -> str:
        return str(get_adapter().clean_email(self.cleaned_data["email"]))

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        send_password_reset.delay(email, translation.get_language(), get_adapter().get_client_ip(request))
        return email


class VisibleName:
    """For forms with a name: one of which nothing can be seen is refused, and a long one is not cut unseen."""

    cleaned_data: dict[str, Any]
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # With it browsers cut what is pasted, and say nothing.
        self.fields["name"].widget.attrs.pop("maxlength", None)

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        name = clean_name(typed)
        if typed and not name:
            raise forms.ValidationError(_("This name has no visible characters. Type a name with letters."))
        return name


class ProfileForm(VisibleName, forms.ModelForm[User]):
    """My Profile: only what a person may change about themselves."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices, widget=LongSelect)

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "name"}),
            "language": forms.Select(attrs={"class": "form-select"}),
        }
        labels = {"name": _("Name"), "language": _("Language")}


class OpsStaffForm(forms.Form):
    """Whom to make ops staff."""

    email = KnownAddressField(
        label=_("Email address of a user"), widget=forms.EmailInput(attrs={"class": "form-control"})
    )


class LoginPolicyForm(forms.Form):
    """Login Management: how members sign in."""

    policy = forms.ChoiceField(
        choices=LoginPolicy.choices, widget=forms.RadioSelect(attrs={"class": "form-check-input"})
    )


class TeamForm(VisibleName, forms.ModelForm[Team]):
    """The name of a team."""

    class Meta:
        model = Team
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"class": "form-control"})}
        labels = {"name": _("Name of the team")}


class RowsField(forms.ModelMultipleChoiceField[Model]):
    """Ticked rows. Django makes a query of each value, though it asks none: 9,900 cost two seconds of a processor."""

    def _check_values(self, value: Any) -> Any:
        sent = set(map(str, value))
        found = self.queryset.filter(pk__in=filter(is_key, sent))  # type: ignore[union-attr]  # a form has one
        if missing := sent - {str(row.pk) for row in found}:
            message, params = self.error_messages["invalid_choice"], {"value": min(missing)[:40]}
            raise forms.ValidationError(message, code="invalid_choice", params=params)
        return found


class TeamMembersForm(forms.Form):
    """Members to put into a team, or to take out of it."""

    members = RowsField(
        label=_("Members"),
        queryset=Member.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Nobody was ticked. Tick the members first.")},
    )

    def __init__(self, *args: Any, members: MemberQuerySet, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["members"].queryset = members  # type: ignore[attr-defined]
        self.fields["members"].label_from_instance = _name_and_address  # type: ignore[attr-defined]


def _name_and_address(member: Member) -> str:
    return f"{member.user}, {member.user.email}" if member.user.name else member.user.email


# The notation that a browser's date field sends and takes, whatever the language.
DAY_INPUT = forms.DateInput({"class": "form-control", "type": "date"}, "%Y-%m-%d")


class AuditFilterForm(forms.Form):
    """Which entries of the audit trail to show; days are those of the reader's time zone."""

    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )
    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=lambda: [("", _("All")), *action_choices()],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    first_day = forms.DateField(label=_("From"), required=False, widget=DAY_INPUT)
    last_day = forms.DateField(label=_("Until"), required=False, widget=DAY_INPUT)

    def narrow(self, events: AuditEventQuerySet) -> AuditEventQuerySet:
        """The entries that match; nothing when the filter cannot be understood."""
        if not self.is_valid():
            return events.none()
        chosen = self.cleaned_data
        if chosen["person"]:
            events = events.filter(contains_spelling("actor_email", chosen["person"]))
        if chosen["action"]:
            events = events.filter(action=chosen["action"])
        if chosen["first_day"]:
            events = events.filter(created_at__gte=_moment(chosen["first_day"], time.min))
        if chosen["last_day"]:
            events = events.filter(created_at__lte=_moment(chosen["last_day"], time.max))
        return events


def _moment(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=timezone.get_current_timezone())
