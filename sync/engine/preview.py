"""What a sync would do, asked of both neighbours before anybody starts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.utils import timezone

from accounts.models import SalesAccount
from connections.marketo.client import MarketoClient
from sync.engine.clients import marketo_of, salesforce_of
from sync.engine.fields import SYNCED_FIELDS, SyncedField, readable_fields
from sync.engine.plan import month_windows

EXAMPLES = 5
# Marketo numbers people from 1, and one call answers 300 of them.
EXAMPLE_IDS = range(1, 301)
# A row of the synced fields in Marketo's file, and what a recorded export job took from queue to finish.
BYTES_PER_PERSON = 280
MINUTES_PER_EXPORT = 2
EXPORTS_AT_A_TIME = 2
CALLS_PER_EXPORT = 9


@dataclass(frozen=True)
class FieldPreview:
    """A field of the copy with the values of the example people; `is_missing` when this instance does not have it."""

    field: SyncedField
    is_missing: bool
    examples: Sequence[Any]


@dataclass(frozen=True)
class Preview:
    """The 13 fields, up to five example people, how many are expected, and what reading them costs."""

    fields: list[FieldPreview]
    example_count: int
    expected_people: int
    megabytes: int
    api_calls: int
    minutes: int


def preview(account: SalesAccount) -> Preview:
    """Ask both neighbours now; raises an error of connections.http."""
    client = marketo_of(account)
    known = readable_fields({field.name for field in client.describe_fields()})
    people = _examples(client, known)
    expected = _expected_people(account)
    start = client.oldest_folder_created_at()
    exports = len(list(month_windows(start, timezone.now()))) if start else 1
    return Preview(
        fields=[_field(field, known, people) for field in SYNCED_FIELDS],
        example_count=len(people),
        expected_people=expected,
        megabytes=ceil(expected * BYTES_PER_PERSON / 1_000_000),
        api_calls=exports * CALLS_PER_EXPORT,
        minutes=ceil(exports / EXPORTS_AT_A_TIME) * MINUTES_PER_EXPORT,
    )


def _examples(client: MarketoClient, known: list[str]) -> list[dict[str, Any]]:
    people = client.leads_by_filter("id", EXAMPLE_IDS, known)
    return [person for person in people if person.get("sfdcLeadId") or person.get("sfdcContactId")][:EXAMPLES]


def _expected_people(account: SalesAccount) -> int:
    """Leads and contacts that a user owns; Marketo may not know all of them."""
    client = salesforce_of(account)
    leads = client.count("SELECT COUNT() FROM Lead WHERE IsConverted = false AND Owner.Type = 'User'")
    return leads + client.count("SELECT COUNT() FROM Contact")


def _field(field: SyncedField, known: list[str], people: list[dict[str, Any]]) -> FieldPreview:
    name = field.marketo_name
    return FieldPreview(field, bool(name) and name not in known, [person.get(name) or "" for person in people])
