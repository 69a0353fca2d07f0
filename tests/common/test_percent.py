"""Shares in both languages."""

import pytest
from django.utils.translation import override

from common.percent import percent


@pytest.mark.parametrize(("language", "text"), [("en", "100%"), ("sv", "100 %")])
def test_the_sign_stands_as_the_language_writes_it(language: str, text: str) -> None:
    with override(language):
        assert percent(100).replace("\N{NO-BREAK SPACE}", " ") == text
