"""Asking for a link that shows one thing to do."""

import re

from django.test import Client

from tests.pages import text_of

ASK = "/settings/integrations/help-link/"


def link_of(browser: Client, subject: str) -> str:
    """Press the button and answer the path of the link."""
    answer = browser.post(ASK, {"subject": subject})
    assert answer.status_code == 200
    found = re.search(r"http://127\.0\.0\.1:8000(/help/[^<\"]+)", text_of(answer))
    assert found
    return found[1]
