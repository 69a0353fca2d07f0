"""What is promised on the page of freshness."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MinValueValidator


class PromiseForm(forms.Form):
    """Within how many minutes 95 of 100 changes are to arrive: at least as many as the account's schedule takes."""

    minutes = forms.IntegerField(max_value=10_080)

    def __init__(self, data: Mapping[str, Any], *, least: int) -> None:
        super().__init__(data)
        self.fields["minutes"].validators.append(MinValueValidator(least))
