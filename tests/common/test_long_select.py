"""A select with hundreds of choices."""

import re

import pytest
from django import forms

from common.long_select import LongSelect

CHOICES = [("UTC", "UTC"), ("Asia/Ho_Chi_Minh", "Asia/Ho Chi Minh"), ('"><b>', "<i>&")]
ATTRIBUTES = {"id": 'id "of" it', "required": True, "disabled": False}


def one_line(html: str) -> str:
    return re.sub(r"\s*\n\s*", "", html)


@pytest.mark.parametrize("value", ["UTC", '"><b>', "nowhere", None])
def test_it_is_what_django_writes(value: str | None) -> None:
    ours, djangos = LongSelect(), forms.Select(attrs={"class": "form-select"})
    ours.choices = djangos.choices = CHOICES
    written = [select.render("zone", value, ATTRIBUTES) for select in (ours, djangos)]
    assert one_line(written[0]) == one_line(written[1])
