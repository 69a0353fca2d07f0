"""The same people counted in three places: Marketo as last read, Salesforce and the copy as they are now."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import SalesAccount
from clients.marketo.sample import sample_people
from clients.salesforce.client import SalesforceClient
from clients.values import as_text
from connections.asking import asking
from pipeline.engine.client_factory import budget_of, marketo_of, salesforce_of
from sync.eligibility import CONTACTS, CONVERTED_LEADS, LEADS_LEFT_OUT, OWNED_LEADS, Reason
from sync.engine.fields import INDISPENSABLE
from sync.models import Person, SyncRun

EXAMPLES = 3
KEPT_SECONDS = 7 * 24 * 60 * 60
# Another one whenever Counts changes or moves: consoles of two versions share a cache during an upgrade.
_KEPT_VERSION = 1
# Records of Salesforce by what they mean for the copy.
RECORDS = {"leads": OWNED_LEADS, "contacts": CONTACTS, "converted": CONVERTED_LEADS, **LEADS_LEFT_OUT}
# What is shown by examples: records that leave somebody out, and reasons for which people were removed from the copy.
LEFT_OUT_IN_SALESFORCE = (*LEADS_LEFT_OUT, "converted")
GONE = (Reason.DELETED_IN_SALESFORCE, Reason.DELETED_IN_MARKETO)


@dataclass(frozen=True)
class Counts:
    """
    What was counted at `asked_at`. `salesforce` by the names of RECORDS; `live` people in the copy as the last run left
    it, those `gone` from it by reason, `left` how many of them since the full run `run_id` ended; `examples` are ids by
    reason.
    """

    asked_at: datetime
    run_id: int
    salesforce: dict[str, int]
    live: int
    left: int
    gone: dict[str, int]
    examples: dict[str, list[str]]

    @property
    def records(self) -> int:
        """All leads and contacts of Salesforce."""
        return sum(self.salesforce.values())


def count(account: SalesAccount, run: SyncRun) -> Counts:
    """
    Count now and keep the result for everybody who looks; `run` is the last full run that succeeded.

    Raises MustWait, RunFailed, an error of clients.http, or ConnectionProblem while somebody else counts.
    """
    with asking("reconciliation", account.pk):
        return _count_everybody(account, run)


def _count_everybody(account: SalesAccount, run: SyncRun) -> Counts:
    client, last = salesforce_of(account), SyncRun.objects.for_account(account).last_success() or run
    since = Count("removed_at", filter=Q(removed_at__gt=run.finished_at))
    reasons = list(_gone(account).values_list("removed_reason").annotate(ever=Count("removed_at"), since=since))
    counts = Counts(
        asked_at=timezone.now(),
        run_id=run.pk,
        salesforce={name: _count(client, *where) for name, where in RECORDS.items()},
        live=last.people,
        left=sum(since for _reason, _ever, since in reasons),
        gone={reason: ever for reason, ever, _since in reasons},
        examples=_examples(account, client),
    )
    cache.set(_key(account), counts, KEPT_SECONDS, _KEPT_VERSION)
    return counts


def last_counts(account: SalesAccount) -> Counts | None:
    """What was counted last, whoever asked for it."""
    counts: Counts | None = cache.get(_key(account), version=_KEPT_VERSION)
    return counts


def _key(account: SalesAccount) -> str:
    return f"sync-reconciliation-{account.pk}"


def _count(client: SalesforceClient, name: str, condition: str) -> int:
    return client.count(f"SELECT COUNT() FROM {name} WHERE {condition}")  # noqa: S608 (our own names)


def _examples(account: SalesAccount, client: SalesforceClient) -> dict[str, list[str]]:
    return (
        {reason: _records(client, *RECORDS[reason]) for reason in LEFT_OUT_IN_SALESFORCE}
        | {reason: _last_gone(account, reason) for reason in GONE}
        | {Reason.NOT_IN_SALESFORCE: _unlinked(account)}
    )


def _gone(account: SalesAccount) -> QuerySet[Person]:
    return Person.objects.for_account(account).filter(removed_at__isnull=False)


def _last_gone(account: SalesAccount, reason: str) -> list[str]:
    last = _gone(account).filter(removed_reason=reason).order_by("-removed_at")[:EXAMPLES]
    return [str(number) for number in last.values_list("marketo_id", flat=True)]


def _records(client: SalesforceClient, name: str, condition: str) -> list[str]:
    soql = f"SELECT Id FROM {name} WHERE {condition} LIMIT {EXAMPLES}"  # noqa: S608 (our own names)
    return [record["Id"] for record in client.query(soql)]


def _unlinked(account: SalesAccount) -> list[str]:
    with budget_of(account).call():
        people = sample_people(marketo_of(account), INDISPENSABLE)
    unlinked = [person for person in people if not (person.get("sfdcLeadId") or person.get("sfdcContactId"))]
    return [text for person in unlinked[:EXAMPLES] if (text := as_text(person.get("id")))]
