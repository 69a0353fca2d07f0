"""Fields of this room's forms."""

from typing import ClassVar

from django import forms

from sync.models import HoldLimit


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


class HoldLimitForm(forms.ModelForm[HoldLimit]):
    """How many people a run may remove or blank without asking."""

    class Meta:
        model = HoldLimit
        fields = ("people", "percent")
        widgets: ClassVar = {name: forms.NumberInput(attrs={"class": "form-control"}) for name in ("people", "percent")}
