"""What Marketo lets all tools take in a day, and this console's share of it."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, SalesAccount
from clients.http import QuotaExceeded
from connections.models import MarketoInstance, Service
from connections.services.call_log import record_usage
from marketo_instances.allowances import learn_allowance
from marketo_instances.audit_actions import InstanceAction
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PAGE = "/settings/admin/marketo/allowance/"
GOOD = {"daily_calls": 20_000, "daily_export_megabytes": 200, "share_percent": 25}


def numbers() -> tuple[int, int, int]:
    row: tuple[int, int, int] = MarketoInstance.objects.values_list(*GOOD).get()
    return row


def test_the_share_is_half_of_adobes_usual_allowance_until_somebody_changes_it(
    linked_instance: MarketoInstance, account: SalesAccount, browser: Client
) -> None:
    record_usage(account.pk, Service.MARKETO, 1_234, None)
    assert "takes up to 25,000 calls and 250 MB a day. All tools together have made 1,234 calls today" in text_of(
        browser.get(PAGE)
    )
    page = text_of(browser.post(PAGE, GOOD, follow=True))
    assert "takes up to 5,000 calls and 50 MB a day" in page
    assert numbers() == (20_000, 200, 25)
    event = AuditEvent.objects.get(action=InstanceAction.ALLOWANCE_CHANGED)
    assert (event.account, event.details) == (account, {"calls": 20_000, "megabytes": 200, "percent": 25})


@pytest.mark.parametrize("wrong", [{"daily_calls": 10}, {"share_percent": 101}, {"daily_export_megabytes": ""}])
def test_numbers_that_cannot_be_are_refused_and_nothing_changes(
    linked_instance: MarketoInstance, browser: Client, wrong: dict[str, object]
) -> None:
    answer = browser.post(PAGE, GOOD | wrong)
    assert answer.status_code == 400
    assert "takes up to 25,000 calls" in text_of(answer)
    assert numbers() == (50_000, 500, 50)


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [
        ("Export daily quota 200MB exceeded.", 200),
        ("Export daily quota 1000 MB exceeded", 1000),
        ("Daily API Request Limit Reached", 500),
        ("Export daily quota 0MB exceeded.", 500),
    ],
)
def test_what_marketo_says_of_the_export_quota_is_the_truth(
    linked_instance: MarketoInstance, account: SalesAccount, text: str, megabytes: int
) -> None:
    for _twice in range(2):
        learn_allowance(account, QuotaExceeded("marketo", "1029", text))
    assert numbers() == (50_000, megabytes, 50)
    assert AuditEvent.objects.count() == (megabytes != 500)


def test_without_an_instance_the_page_says_so(account: SalesAccount, browser: Client) -> None:
    assert "belongs to no Marketo instance" in text_of(browser.get(PAGE))
