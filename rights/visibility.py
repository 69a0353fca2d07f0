"""
Is everybody visible? Asks both providers whether the users of the two connections are shown everybody there is.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from clients.http import AccessDenied, ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.marketo.client import MarketoClient
from clients.marketo.sample import SAMPLE_SIZE
from clients.marketo.types import ChangesPage
from clients.salesforce.client import SalesforceClient
from clients.values import whole_number
from connections.models import ConnectionStatus, SalesforceConnection
from connections.services.call_recorder import Connection, record_problem
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.visibility import LIFETIME, SYNCED, Kind, Sight, Verdict, Visibility, keep_visibility
from marketo_instances.schema import activity_types

T = TypeVar("T")

_CHECKS_PER_HOUR = 50
# Salesforce counts all records now and then, not at the moment of the question.
_COUNT_TOLERANCE, _SMALLEST_TOLERANCE = 0.05, 5
# Somebody may have gone since the sample was taken.
_SAMPLE_TOLERANCE = 0.01
_CONVINCING_SAMPLE = 100
_STREAMS_SINCE = timedelta(days=14)  # Marketo keeps deletions as long
_MOST_PAGES = 10
_PUBLIC = {"Read", "Edit", "ReadEditTransfer"}
_CONTROLLED_BY_PARENT = "ControlledByParent"
# An object that a user may not read is to them one that does not exist.
_NO_SUCH_OBJECT = "INVALID_TYPE"


def check_salesforce(connection: SalesforceConnection, client: SalesforceClient) -> Visibility:
    """
    Whether the connected user is shown all leads and contacts: two to six calls.

    What no right proves is counted. The counts can show that some are hidden, never that none is. A question that the
    org refuses stays unanswered; raises ApiError when it cannot be asked at all.
    """
    with free_to_refuse(client):
        proved = sees_all_records(connection, client)
        unproved = [kind for kind in SYNCED if not proved[kind]]
        totals = (_answer(partial(client.record_counts, unproved)) if unproved else None) or {}
        return Visibility(
            {kind: Sight(Verdict.ALL) if proved[kind] else _counted(client, kind, totals.get(kind)) for kind in SYNCED}
        )


def sees_all_records(
    connection: SalesforceConnection, client: SalesforceClient, kinds: Collection[Kind] = SYNCED
) -> dict[Kind, bool]:
    """
    Whether a right or a public default proves that the connected user is shown all records of these objects: one to
    four calls. False also where the org refuses to tell; raises ApiError when it cannot be asked at all.

    Sources: UserPermissionAccess, ObjectPermissions and Organization, see `SalesforceClient`.
    """
    with free_to_refuse(client):
        if _answer(client.may_view_all_data):
            return dict.fromkeys(kinds, True)
        granted = _answer(partial(client.objects_viewed_whole, connection.user_id)) or set()
        defaults = {} if granted.issuperset(kinds) else _answer(client.sharing_defaults) or {}
        public = [kind for kind in kinds if kind not in granted and _is_public(kind, defaults)]
        proved = granted | _readable(client, public)
    return {kind: kind in proved for kind in kinds}


def _is_public(kind: Kind, defaults: Mapping[str, str]) -> bool:
    access = defaults.get(kind)
    return (defaults.get("Account") if access == _CONTROLLED_BY_PARENT else access) in _PUBLIC


def _readable(client: SalesforceClient, kinds: Sequence[Kind]) -> set[Kind]:
    """A default opens the records of an object to those alone who may read the object."""
    if not kinds:
        return set()
    found = _answer(partial(client.queries, [f"SELECT Id FROM {kind} LIMIT 1" for kind in kinds])) or []  # noqa: S608
    return {kind for kind, records in zip(kinds, found, strict=False) if records.refusal is None}


def _counted(client: SalesforceClient, kind: Kind, total: int | None) -> Sight:
    if total is None:
        return Sight(Verdict.UNKNOWN)
    seen = _answer(partial(_seen, client, kind))
    if seen is None:
        return Sight(Verdict.UNKNOWN)
    hidden, tolerance = total - seen, max(total * _COUNT_TOLERANCE, _SMALLEST_TOLERANCE)
    return Sight(Verdict.SOME if hidden > tolerance else Verdict.UNKNOWN, seen, total)


def _seen(client: SalesforceClient, kind: Kind) -> int:
    try:
        return client.count(f"SELECT COUNT() FROM {kind}")  # noqa: S608
    except AccessDenied as refused:
        if refused.code != _NO_SUCH_OBJECT:
            raise
        return 0


def check_marketo(client: MarketoClient, known_ids: Collection[int] = ()) -> Visibility:
    """
    Whether Marketo's REST API shows everybody: five calls, more where people are missing.

    `known_ids` are people who are known to exist, such as the newest of the copy, which came by bulk extract: that
    holds everybody, REST only the partitions of the API user's workspaces (Adobe documentation, "Bulk Extract" and
    "Custom Services"). Without them new people of the last days are looked at, whom REST may have hidden as well. A
    question that Marketo refuses stays unanswered; raises ApiError when it cannot be asked at all.
    """
    with free_to_refuse(client):
        sample = set(list(known_ids)[:SAMPLE_SIZE]) or _answer(partial(_new_people, client)) or set()
        sight = _sampled(client, sample)
        if sight.verdict is Verdict.ALL and not _is_everybody(client, len(sample) if known_ids else 0):
            sight = replace(sight, verdict=Verdict.UNKNOWN)
    return Visibility({Kind.PERSON: sight})


def _sampled(client: MarketoClient, sample: set[int]) -> Sight:
    """ALL when the whole sample is shown, which says little about a small one."""
    shown = _answer(partial(_shown, client, sample)) if sample else set()
    if shown is None:
        return Sight(Verdict.UNKNOWN)
    missing = sample - shown
    departed = _answer(partial(_departed, client)) if missing else set()
    if departed is None:
        return Sight(Verdict.UNKNOWN)
    hidden, total = missing - departed, len(shown | missing - departed)
    if len(hidden) > total * _SAMPLE_TOLERANCE:
        return Sight(Verdict.SOME, len(shown), total)
    return Sight(Verdict.UNKNOWN if hidden else Verdict.ALL, len(shown), total)


def _is_everybody(client: MarketoClient, sample_size: int) -> bool:
    """May a whole sample stand for everybody? By the API user's workspaces or, where Marketo tells none, its size."""
    has_all = _answer(partial(_has_all_workspaces, client))
    return sample_size >= _CONVINCING_SAMPLE if has_all is None else has_all


def _has_all_workspaces(client: MarketoClient) -> bool | None:
    own = client.own_workspace_ids()
    if not own:
        return None
    return 0 in own or own.issuperset(workspace.workspace_id for workspace in client.workspaces())


def _shown(client: MarketoClient, ids: set[int]) -> set[int]:
    people = client.leads_by_filter("id", sorted(ids), ["id"])
    return {number for person in people if (number := whole_number(person.get("id"))) in ids and number is not None}


def _new_people(client: MarketoClient) -> set[int]:
    token = client.paging_token(timezone.now() - _STREAMS_SINCE)
    found, _is_whole = _people_with(client, "New Lead", token)
    return set(sorted(found)[-SAMPLE_SIZE:])


def _departed(client: MarketoClient) -> set[int] | None:
    """Who was deleted or merged into somebody else lately; None when there are too many to know them all."""
    token = client.paging_token(timezone.now() - _STREAMS_SINCE)
    deleted, is_whole = _people_of(client.deleted_leads, token)
    merged, is_whole_too = _people_with(client, "Merge Leads", token)
    return deleted | merged if is_whole and is_whole_too else None


def _people_with(client: MarketoClient, activity: str, token: str) -> tuple[set[int], bool]:
    type_id = activity_types(client).get(activity)
    if type_id is None:
        return set(), False
    return _people_of(lambda page_token: client.activities(page_token, [type_id]), token)


def _people_of(read: Callable[[str], ChangesPage], token: str) -> tuple[set[int], bool]:
    """The people of the first pages of a stream, and whether those were all."""
    found = set[int]()
    for _page in range(_MOST_PAGES):
        page = read(token)
        found, token = found | page.person_ids, page.next_token
        if not page.has_more:
            return found, True
    return found, False


def _answer(ask: Callable[[], T]) -> T | None:
    """The answer, or None when it is refused or takes the provider too long; any other ApiError is raised."""
    try:
        return ask()
    except (ReconnectNeeded, QuotaExceeded):
        raise
    except TransientApiError as error:
        if error.code != "QUERY_TIMEOUT":
            raise
    except ApiError:
        pass
    return None


@contextmanager
def free_to_refuse(client: SalesforceClient | MarketoClient) -> Iterator[None]:
    """Diagnostics lists what keeps the console from its work; these questions may go unanswered."""
    notes = client.on_call

    def ended(operation: str, error: ApiError | None) -> None:
        if notes and not isinstance(error, AccessDenied):
            notes(operation, error)

    client.on_call = ended
    try:
        yield
    finally:
        client.on_call = notes


def renew_visibility(connection: Connection, known_ids: Collection[int] = ()) -> None:
    """Look now, and keep what is found; `known_ids` as for `check_marketo`. Without an answer, what was known stays."""
    try:
        if isinstance(connection, SalesforceConnection):
            found = check_salesforce(connection, salesforce_client(connection))
        else:
            found = check_marketo(marketo_client(connection), known_ids)
    except ApiError as error:
        record_problem(connection, error)
    else:
        keep_visibility(connection, found)


def pks_to_check(connections: QuerySet[Any]) -> list[int]:
    """Of connections that work, some that nobody has looked at for a week, the longest forgotten first."""
    is_due = Q(visibility_checked_at=None) | Q(visibility_checked_at__lt=timezone.now() - LIFETIME)
    due = connections.filter(is_due, status=ConnectionStatus.CONNECTED)
    return list(
        due.order_by(F("visibility_checked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[
            :_CHECKS_PER_HOUR
        ]
    )
