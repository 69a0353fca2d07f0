"""What the page says before a run is cancelled that had waited for a decision."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import SalesAccount
from sync.statuses import RunStatus
from tests.factories import make_run
from tests.pages import text_of


@pytest.mark.parametrize(
    ("is_resumed", "sentence"), [(True, "a full sync reads them."), (False, "The next run reads it again")]
)
def test_nothing_is_promised_that_later_runs_have_gone_past(
    browser: Client, account: SalesAccount, sentence: str, *, is_resumed: bool
) -> None:
    run = make_run(account, RunStatus.EXTRACTING, is_resumed=is_resumed)
    assert sentence in text_of(browser.get(reverse("operations:cancel_run", args=[run.pk])))
