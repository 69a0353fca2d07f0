"""Erasing a person: nothing of them is kept but that there was somebody of this Marketo id."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import Q

from accounts.models import SalesAccount, User
from accounts.services import record
from history import erasure
from sync.audit_actions import SyncAction
from sync.engine.hold import forget_person
from sync.models import HeldPerson, Person, RejectedRow, SyncRun

# Code of sync.messages: what stands in the place of a row's text.
ERASED_ROW = "erased"

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Erased:
    """How many rows held the person, every address they had, and how many runs on their way may have read them."""

    people: int
    changes: int
    held_people: int
    rejected_rows: int
    runs_with_files: int
    addresses: frozenset[str]


@transaction.atomic
def erase_person(*, account: SalesAccount, marketo_id: int, erased_by: User | None) -> Erased:
    """
    Take a person out of the copy, its history and what else of them is kept; the audit trail gets the id alone.

    They come back with the next run that reads them, unless they are deleted in Marketo as well.
    """
    people = Person.objects.for_account(account).filter(marketo_id=marketo_id)
    addresses = {email for email in people.values_list("email", flat=True) if email}
    # First: it waits for a merge that has just written them, whose entries of the history are seen only then.
    deleted = people.delete()[0]
    addresses |= erasure.addresses_of(account, marketo_id)
    erased = Erased(
        people=deleted,
        changes=erasure.forget(account, marketo_id),
        held_people=HeldPerson.objects.filter(run__account=account, marketo_id=marketo_id).delete()[0],
        rejected_rows=_forget_rows(account, marketo_id, addresses),
        runs_with_files=SyncRun.objects.for_account(account).unfinished().filter(has_leftovers=True).count(),
        addresses=frozenset(addresses),
    )
    # Locked: nobody decides about one in the meantime.
    for run in SyncRun.objects.for_account(account).waiting_for_a_decision().select_for_update():
        forget_person(run, marketo_id)
    record(account=account, actor=erased_by, action=SyncAction.PERSON_ERASED, target=str(marketo_id))
    logger.info("person_erased", account=account.slug, marketo_id=marketo_id)
    return erased


def _forget_rows(account: SalesAccount, marketo_id: int, addresses: Iterable[str]) -> int:
    """Also a row in which the number means something else: nobody can tell in a row that could not be read."""
    holds = Q(text__regex=rf"\m{marketo_id}\M")
    for address in addresses:
        holds |= Q(text__icontains=address)
    rows = RejectedRow.objects.filter(holds, extract__run__account=account)
    return rows.update(reason=ERASED_ROW, text="")
