"""Erasing a person: nothing of them is left in any table but their Marketo id."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent, SalesAccount, User
from history.models import Change, ChangeKind
from invitations.models import CsvUpload
from sync.engine.stage import StageTable, all_tables
from sync.messages import row_fault
from sync.models import HeldPerson, Person, RejectedRow
from sync.statuses import RunStatus
from tests.factories import make_account, make_extract, make_people, make_run, make_upload

pytestmark = pytest.mark.django_db

NAME, OLD, NEW = "Zebrowska", "old.zebra@canary.example", "New.Zebra@canary.example"


def erase(account: SalesAccount, marketo_id: object = 7001) -> str:
    out = StringIO()
    call_command("erase_person", str(marketo_id), account=account.slug, stdout=out)
    return out.getvalue()


def fill(account: SalesAccount, by: User) -> None:
    """Somebody in every place that may hold them, and somebody else beside."""
    make_people(account, first_id=7001, last_name=NAME, email=NEW)
    make_people(account, first_id=7002, last_name="Ek")
    make_run(account, RunStatus.EXTRACTING, has_leftovers=True)
    run = make_run(
        account, RunStatus.HELD, has_leftovers=True, fields=["id", "email"], stage_rows={"marketo_people": 1}
    )
    for table in all_tables(run):
        table.create()
    with StageTable(run, "marketo_people").copy_rows() as copy:
        copy.write_row([7001, NEW])
    values: dict[str, Any] = {"before": {"email": OLD}, "after": {"email": NEW}, "kind": ChangeKind.UPDATED}
    Change.objects.create(account=account, marketo_id=7001, run_id=run.pk, at=timezone.now(), **values)
    HeldPerson.objects.create(run=run, marketo_id=7001, reason="no_owner")
    extract = make_extract(run)
    for line, text in enumerate([f"1,{OLD.upper()}", "7001,x", f'"{NEW}"', "17001,y", "70010,z"]):
        RejectedRow.objects.create(extract=extract, line=line, reason="wrong_columns", text=text)
    make_upload(by, text=f"email,name\n{NEW.lower()},{NAME}\n")


def everything() -> str:
    """Every value of every table, as text."""
    with connection.cursor() as cursor:
        tables = [*connection.introspection.table_names(cursor), "history_change"]
        texts = []
        for table in set(tables):
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')  # noqa: S608
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts).lower()


def test_nothing_is_left_but_the_id(account: SalesAccount, admin: User) -> None:
    fill(account, admin)
    assert all(text.lower() in everything() for text in (NAME, OLD, NEW))
    lines = erase(account).splitlines()
    assert lines[:6] == [
        "people: 1",
        "changes: 1",
        "held_people: 1",
        "rejected_rows: 3",
        "uploads: 1",
        "runs_with_files: 1",
    ]
    assert "comes back with the next sync" in lines[6]
    assert not [text for text in (NAME, OLD, NEW) if text.lower() in everything()]
    assert list(Person.objects.values_list("marketo_id", flat=True)) == [7002]


def test_rows_that_hold_other_people_stay(account: SalesAccount, admin: User) -> None:
    fill(account, admin)
    erase(account)
    texts = RejectedRow.objects.order_by("line").values_list("text", flat=True)
    assert list(texts) == ["", "", "", "17001,y", "70010,z"]
    assert "erased" in str(row_fault(RejectedRow.objects.earliest("line")))


def test_another_account_is_left_as_it_is(account: SalesAccount, admin: User) -> None:
    fill(account, admin)
    other = make_account("Umbrella Ltd")
    assert "people: 0" in erase(other)
    assert Person.objects.filter(marketo_id=7001).exists()
    assert (HeldPerson.objects.count(), CsvUpload.objects.count()) == (1, 1)
    assert Change.objects.get().kind == ChangeKind.UPDATED


def test_one_event_tells_it_without_a_name(account: SalesAccount, admin: User) -> None:
    fill(account, admin)
    erase(account)
    event = AuditEvent.objects.get(action="sync.person_erased")
    assert (event.target, event.details, event.account, event.actor) == ("7001", {}, account, None)


@pytest.mark.parametrize("marketo_id", ["x", "1" * 30, "-- -1"])
def test_what_is_no_id_is_refused(account: SalesAccount, marketo_id: str) -> None:
    with pytest.raises(CommandError):
        erase(account, marketo_id)


def test_an_account_that_is_not_there_is_refused(account: SalesAccount) -> None:
    with pytest.raises(CommandError, match="no Sales account"):
        call_command("erase_person", "1", account="nowhere")
