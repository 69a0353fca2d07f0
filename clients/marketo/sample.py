"""
Some people of a Marketo instance, to be looked at.

Ids are given in order and never again, but nobody says from where to where they are in use now: in an old instance the
first people were deleted or merged long ago.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from clients.marketo.client import MarketoClient
from clients.values import moment, whole_number

# As many as one call takes.
SAMPLE_SIZE = 300
# So many ids, each greater than the one before by the same part, reach from 1 to here: they meet an instance of any
# size in dozens of places. Where nobody is met, the next call asks for those in between.
_HIGHEST_ID = 2**31
_MOST_CALLS = 10


def sample_people(client: MarketoClient, fields: Iterable[str], known: Sequence[int] = ()) -> list[dict[str, Any]]:
    """
    Up to 300 people with these fields: those with the ids `known`, or if there is none of them those before the last
    who was met. Empty where nobody was met. Raises ApiError.
    """
    people = client.leads_by_filter("id", known[:SAMPLE_SIZE], fields)
    if people:
        return people
    last = _meet_somebody(client)
    return client.leads_by_filter("id", range(max(1, last + 1 - SAMPLE_SIZE), last + 1), fields) if last else []


def oldest_created_at(client: MarketoClient) -> datetime | None:
    """
    When the first person whom the API user can be shown was made; None where nobody was met. Raises ApiError.

    Whoever has a lower id was made before: those right before the first one met are looked at too.
    """
    fields = ("id", "createdAt")
    people = client.leads_by_filter("id", _spread_ids(0), fields)
    first = min((whole_number(person.get("id")) or 1 for person in people), default=1)
    if first > 1:
        people += client.leads_by_filter("id", range(max(1, first - SAMPLE_SIZE), first), fields)
    times = (moment(person.get("createdAt")) for person in people)
    return min((time for time in times if time), default=None)


def _meet_somebody(client: MarketoClient) -> int:
    """The highest id met; 0 for nobody."""
    for call in range(_MOST_CALLS):
        people = client.leads_by_filter("id", _spread_ids(call), ["id"])
        if people:
            return max(whole_number(person.get("id")) or 0 for person in people)
    return 0


def _spread_ids(call: int) -> list[int]:
    exponents = ((step + call / _MOST_CALLS) / SAMPLE_SIZE for step in range(SAMPLE_SIZE))
    return sorted({round(_HIGHEST_ID**exponent) for exponent in exponents})
