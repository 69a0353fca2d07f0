"""What a sync would do, asked of both providers before anybody starts it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from accounts.models import SalesAccount
from clients.marketo.client import MarketoClient
from clients.marketo.sample import SAMPLE_SIZE, sample_people
from clients.marketo.types import StaticList
from connections.asking import PRESSES, asking
from marketo_instances.schema import describe_fields
from pipeline.engine.client_factory import budget_of, marketo_of, salesforce_of
from pipeline.engine.windows import month_windows
from sync.eligibility import CONTACTS, OWNED_LEADS
from sync.engine.fields import SYNCED_FIELDS, SyncedField, read_names, readable_fields
from sync.models import Extract, Person, SyncRun

EXAMPLES = 3
# A row of the synced fields in Marketo's file, and what a recorded export job took from queue to finish.
BYTES_PER_PERSON = 280
MINUTES_PER_EXPORT = 2
EXPORTS_AT_A_TIME = 2
# Creating, enqueueing, the file, and two looks at the rhythm of Marketo's own.
CALLS_PER_EXPORT = 5
# The bulk queries of Salesforce, and what one takes from its creation to the last page of its result.
QUERY_JOBS = 3
CALLS_PER_QUERY_JOB = 9
# A forecast is compared with the run that is started from the page which shows it.
FORECAST_SECONDS = 60 * 60


@dataclass(frozen=True)
class FieldPreview:
    """A field, the REST name it is read from, `is_missing` when this instance lacks it, values of the examples."""

    field: SyncedField
    name: str
    is_missing: bool
    examples: Sequence[Any]


@dataclass(frozen=True)
class Forecast:
    """
    People expected in the copy; megabytes of Marketo's export allowance, calls to both and minutes it costs. Unless an
    earlier run measured them, the minutes are what Marketo's exports take at most as a rule.
    """

    people: int
    megabytes: int
    marketo_calls: int
    salesforce_calls: int
    minutes: int
    is_measured: bool


@dataclass(frozen=True)
class Preview:
    """The 13 fields, up to three example people, and what reading everybody costs."""

    fields: list[FieldPreview]
    example_count: int
    forecast: Forecast


def preview(account: SalesAccount) -> Preview:
    """
    Ask both providers now.

    Raises RunFailed, MustWait, an error of clients.http, or ConnectionProblem while somebody else asks the same.
    """
    with asking("preview", account.pk):
        return _ask(account)


def _ask(account: SalesAccount) -> Preview:
    client = marketo_of(account)
    known = readable_fields(account, describe_fields(client))
    people = _examples(account, client, known)
    start = client.oldest_folder_created_at()
    exports = len(list(month_windows(start, timezone.now()))) if start else 1
    forecast = _forecast(account, exports)
    cache.set(_key(account), asdict(forecast), FORECAST_SECONDS)
    return Preview([_field(field, known, people) for field in SYNCED_FIELDS], len(people), forecast)


def last_forecast(account: SalesAccount) -> dict[str, int]:
    """The forecast that was shown last, by the names of Forecast; empty when that is too long ago."""
    return cache.get(_key(account)) or {}


def _key(account: SalesAccount) -> str:
    return f"sync-forecast-{account.pk}"


def _forecast(account: SalesAccount, exports: int) -> Forecast:
    """What the last run that read everybody took is the best guess; without one, what Marketo's jobs take as a rule."""
    # Asked in any case: of a Salesforce that does not answer people hear before they start.
    people = _expected_people(account)
    if read := SyncRun.objects.for_account(account).last_read(list_id=None):
        people = read.synced
    size = people * BYTES_PER_PERSON
    minutes: float = ceil(exports / EXPORTS_AT_A_TIME) * MINUTES_PER_EXPORT
    calls = {"marketo_calls": exports * CALLS_PER_EXPORT, "salesforce_calls": QUERY_JOBS * CALLS_PER_QUERY_JOB}
    last = SyncRun.objects.for_account(account).full().filter(list_id=None).last_success()
    is_measured = bool(last and last.working_time)
    if last and last.working_time:
        size = Extract.objects.of_run(last).exported_bytes()
        minutes = last.working_time.total_seconds() / 60
        calls = last.calls()
    megabytes = ceil(size / 1_000_000)
    return Forecast(people=people, megabytes=megabytes, minutes=ceil(minutes), is_measured=is_measured, **calls)


def _examples(account: SalesAccount, client: MarketoClient, known: list[str]) -> list[dict[str, Any]]:
    newest = Person.objects.for_account(account).live().order_by("-marketo_id").values_list("marketo_id", flat=True)
    people = sample_people(client, known, list(newest[:SAMPLE_SIZE]))
    return [person for person in people if person.get("sfdcLeadId") or person.get("sfdcContactId")][:EXAMPLES]


def _expected_people(account: SalesAccount) -> int:
    """Leads and contacts that a user owns; Marketo may not know all of them, so a run that has looked knows better."""
    client = salesforce_of(account)
    counted = (OWNED_LEADS, CONTACTS)
    return sum(client.count(f"SELECT COUNT() FROM {name} WHERE {which}") for name, which in counted)  # noqa: S608


def _field(field: SyncedField, known: list[str], people: list[dict[str, Any]]) -> FieldPreview:
    name = read_names(known).get(field.column, field.marketo_name)
    return FieldPreview(field, name, bool(name) and name not in known, [person.get(name) or "" for person in people])


def find_lists(account: SalesAccount, name: str) -> list[StaticList]:
    """The static lists of that name in Marketo; raises as `preview`."""
    with asking("lists", account.pk, places=PRESSES), budget_of(account).call():
        return marketo_of(account).static_lists(name)
