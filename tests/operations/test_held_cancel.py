"""What the page says before a run is cancelled that had waited for a decision, and after."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import SalesAccount
from sync.statuses import RunStatus
from tests.factories import make_run
from tests.pages import text_of

HELD = {"is_resumed": True, "held": {"removed": {"deleted_in_marketo": 30}, "blanked": {}, "limit": 25}}


@pytest.mark.parametrize(
    ("values", "before", "after"),
    [
        ({}, "The next run reads it again", "The run was cancelled."),
        ({"is_resumed": True}, "Start a dry run or a full sync", "The run was cancelled."),
        (HELD, "waits for a decision with what it has read.", "The run is held again"),
    ],
    ids=["never waited", "dry", "held"],
)
def test_nothing_is_promised_that_later_runs_have_gone_past(
    browser: Client, account: SalesAccount, values: dict[str, Any], before: str, after: str
) -> None:
    page = reverse("operations:cancel_run", args=[make_run(account, RunStatus.EXTRACTING, **values).pk])
    assert before in text_of(browser.get(page))
    assert after in text_of(browser.post(page, follow=True))
