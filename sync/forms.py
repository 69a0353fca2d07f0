"""Fields of this room's forms."""

from typing import ClassVar

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.time_zones import time_zone_choices
from common.long_select import LongSelect
from sync.policies import HoldLimit, Schedule


class TypedText(forms.CharField):
    """
    What was typed into a posted field, cut to `longest` characters and without NUL, which no text of ours holds.

    What is typed about a person is posted, since addresses end up in logs and histories.
    """

    def __init__(self, *, longest: int) -> None:
        super().__init__(required=False)
        self.longest = longest

    def to_python(self, value: object) -> str:
        text = super().to_python(str(value or "").replace("\0", "")) or ""
        return text[: self.longest]


class ScheduleForm(forms.ModelForm[Schedule]):
    """When runs start automatically."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices, widget=LongSelect)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Full runs may begin on"),
        choices=WEEKDAYS.items(),
        coerce=int,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Tick one day at least: full runs find what neither system reports.")},
    )

    class Meta:
        model = Schedule
        fields = ("every_minutes", "time_zone", "weekdays", "full_from", "full_until", "off_until")
        widgets: ClassVar = {
            "every_minutes": forms.Select(attrs={"class": "form-select"}),
            **{
                name: forms.TimeInput(attrs={"class": "form-control", "type": "time"}, format="%H:%M")
                for name in ("full_from", "full_until")
            },
            "off_until": forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
        }
        help_texts: ClassVar = {
            "full_until": _("For all hours, enter the same time as in From. The hours may pass midnight."),
            "off_until": _("Automatic runs start again on this day. Leave empty to keep them on."),
        }


class HoldLimitForm(forms.ModelForm[HoldLimit]):
    """How many people a run may remove or blank without asking."""

    class Meta:
        model = HoldLimit
        fields = ("people", "percent")
        widgets: ClassVar = {name: forms.NumberInput(attrs={"class": "form-control"}) for name in ("people", "percent")}
