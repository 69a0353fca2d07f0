"""The journal keeps what runs change, month by month."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from celery.exceptions import Retry
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import sql

from accounts.models import SalesAccount
from history import journal, tasks
from history.models import Change, ChangeKind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_months() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        for name in months():
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))


def months() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(journal.MONTHS)
        return {name for (name,) in cursor.fetchall()}


def keep(account: SalesAccount, at: datetime) -> None:
    rows = sql.SQL(
        "(VALUES (7, 'updated', '{\"title\": null}'::jsonb, '{\"title\": \"Chair\"}'::jsonb, 'hash'))"
        " AS changes (marketo_id, kind, before, after, content_before)"
    )
    assert journal.record(rows, account_id=account.pk, run_id=1, at=at) == 1


def test_a_change_is_kept_as_it_was(account: SalesAccount) -> None:
    keep(account, timezone.now())
    [change] = Change.objects.for_account(account).of_run(1)
    assert (change.marketo_id, change.kind) == (7, ChangeKind.UPDATED)
    assert (change.before, change.after) == ({"title": None}, {"title": "Chair"})


def test_months_are_made_ahead(account: SalesAccount) -> None:
    journal.tend_months()
    now = timezone.now().astimezone(UTC)
    assert f"history_change_{now:%Y_%m}" in months()
    assert len(months()) == journal.MONTHS_AHEAD + 1
    journal.tend_months()
    keep(account, timezone.now())
    assert Change.objects.for_account(account).count() == 1


def test_months_wait_for_nobody(account: SalesAccount) -> None:
    """A merge may last ten minutes; whoever waits for it keeps every page with a history waiting, too."""
    with psycopg.connect(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"]) as merge:
        merge.execute("DELETE FROM history_change")
        with pytest.raises(Retry):
            tasks.tend_months.apply(throw=True)
        assert not months()
    tasks.tend_months()
    assert len(months()) == journal.MONTHS_AHEAD + 1


def test_old_months_go_as_a_whole(account: SalesAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.tend_months()
    keep(account, timezone.now())
    later = timezone.now() + timedelta(days=130)
    monkeypatch.setattr("history.journal.timezone.now", lambda: later)
    journal.tend_months()
    assert not Change.objects.for_account(account).exists()
    assert f"history_change_{later.astimezone(UTC):%Y_%m}" in months()
    assert f"history_change_{timezone.now().astimezone(UTC) - timedelta(days=130):%Y_%m}" not in months()


def test_rows_of_a_month_without_a_table_are_kept_and_go_in_time(
    account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that stood still for a while costs nothing."""
    keep(account, timezone.now())
    journal.tend_months()
    assert Change.objects.for_account(account).count() == 1
    monkeypatch.setattr("history.journal.timezone.now", lambda: datetime.now(UTC) + timedelta(days=91))
    journal.tend_months()
    assert not Change.objects.for_account(account).exists()
