"""Files that people download: in the audit trail, and one of a kind at a time."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, SalesAccount, User
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_run, make_upload
from tests.pages import text_of


@pytest.mark.parametrize(
    ("address", "action"),
    [
        ("/settings/admin/audit/export/", "accounts.audit_exported"),
        ("/settings/admin/users/invite-csv/{upload}/report/?email=0", "invitations.report_exported"),
        ("/ops/sync/{run}/rejected-rows.csv", "sync.rejected_rows_exported"),
        ("/ops/sync/{run}/people.csv", "sync.people_of_run_exported"),
    ],
)
def test_a_file_is_noted_and_the_next_waits_for_it(
    account: SalesAccount, admin: User, stranger: User, browser: Client, client_of: ClientOf, address: str, action: str
) -> None:
    """Security statement 43: who took what along; and twenty at a time do not keep others waiting."""
    address = address.format(upload=make_upload(admin).pk, run=make_run(account, RunStatus.FAILED).pk)
    first = browser.get(address)
    assert first.status_code == 200
    entry = AuditEvent.objects.get(action=action)
    assert (entry.account, entry.actor) == (account, admin)
    assert entry.target.endswith(".csv")
    second = browser.get(address)
    assert second.status_code == 429
    assert "still being written" in text_of(second)
    assert AuditEvent.objects.filter(action=action).count() == 1
    assert client_of(stranger).get("/settings/admin/audit/export/").status_code == 200
    assert b"".join(first)
    assert browser.get(address).status_code == 200
