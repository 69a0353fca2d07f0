"""The audit trail lets its oldest entries go, and what is left can still be verified."""

from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, transaction

from accounts.audit_actions import AccountAction
from accounts.audit_chain import broken_entries, entries_may_go
from accounts.models import AuditEvent, SalesAccount, User
from accounts.services import record
from accounts.tasks import trim_audit_trail

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def write(account: SalesAccount | None, *targets: str) -> None:
    for target in targets:
        record(account=account, actor=None, action=AccountAction.TEAM_CREATED, target=target)


def left(account: SalesAccount | None) -> list[str]:
    return list(AuditEvent.objects.filter(account=account).order_by("pk").values_list("target", flat=True))


def test_the_oldest_entries_go_and_the_rest_can_be_verified(account: SalesAccount, stranger: User) -> None:
    with time_machine.travel(LONG_AGO):
        write(account, "a", "b")
        write(None, "c")
    write(account, "d")
    write(stranger.member.account, "e")
    trim_audit_trail()
    # Each chain from which something went has an entry of it, without a target.
    assert (left(account), left(None), left(stranger.member.account)) == (["d", ""], [""], ["e"])
    assert AuditEvent.objects.for_account(account).latest("pk").details["entries"] == 2
    write(account, "f")
    assert broken_entries() == []
    call_command("verify_audit_trail", stdout=StringIO())


def test_the_entry_of_one_trimming_goes_with_the_next(account: SalesAccount) -> None:
    for year in (2015, 2020):
        with time_machine.travel(datetime(year, 1, 1, tzinfo=UTC)):
            trim_audit_trail()
            write(account, str(year))
    trim_audit_trail()
    trim_audit_trail()
    assert left(account) == [""]
    assert broken_entries() == []


def test_what_nobody_told_of_is_missed(account: SalesAccount) -> None:
    """The beginning cannot be cut off without an entry that tells of it, nor more than it tells of."""
    with time_machine.travel(LONG_AGO):
        write(account, "a", "b")
    write(account, "c", "d", "e")
    with entries_may_go():
        AuditEvent.objects.filter(target="a").delete()
    assert broken_entries() == [AuditEvent.objects.get(target="b").pk]
    trim_audit_trail()
    assert broken_entries() == []
    with entries_may_go():
        AuditEvent.objects.filter(target="c").delete()
    assert broken_entries() == [AuditEvent.objects.get(target="d").pk]


def test_leave_to_delete_ends_with_its_block(account: SalesAccount) -> None:
    write(account, "a")
    with transaction.atomic():
        with entries_may_go():
            pass
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            AuditEvent.objects.all().delete()
