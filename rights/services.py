"""Whether the users of the two connections have the rights of `problems.rights`, asked of both providers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from django.core.cache import cache
from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import AccessDenied, ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.marketo.client import MarketoClient
from clients.salesforce.client import SalesforceClient
from connections.asking import asking
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.services.call_recorder import record_problem
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.visibility import Kind, Verdict, Visibility, current_visibility, keep_visibility
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from problems.rights import RIGHTS, Right, RightCode, rights_in
from rights.visibility import check_marketo, check_salesforce, free_to_refuse

_KEPT_SECONDS = 7 * 24 * 60 * 60
# Another one whenever RightsCheck changes or moves: consoles of two versions share a cache during an upgrade.
_KEPT_VERSION = 2
_NEEDED = {right.code for right in RIGHTS if right.is_needed}


class RightState(StrEnum):
    """What a check has shown; not every right can be asked for."""

    FOUND = "found"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RightsCheck:
    """What was found of each right, and when; empty and None while nobody has checked."""

    states: Mapping[RightCode, RightState]
    checked_at: datetime | None = None

    @property
    def of_needed(self) -> RightState:
        """FOUND where every needed right was, MISSING where any is."""
        found = {state for code, state in self.states.items() if code in _NEEDED}
        return next((state for state in (RightState.MISSING, RightState.UNKNOWN) if state in found), RightState.FOUND)


@dataclass(frozen=True)
class RightRow:
    """A right as a page tells it."""

    right: Right
    state: RightState | None


Ask = Callable[[], object]
_OF_VERDICT = {Verdict.ALL: RightState.FOUND, Verdict.SOME: RightState.MISSING, Verdict.UNKNOWN: RightState.UNKNOWN}
_OBJECTS = {
    RightCode.LEADS: "Lead",
    RightCode.CONTACTS: "Contact",
    RightCode.ACCOUNTS: "Account",
    RightCode.OPPORTUNITIES: "Opportunity",
}


def rows_of(service: Service, check: RightsCheck) -> list[RightRow]:
    """Every right of a provider with what was found of it."""
    return [RightRow(right, check.states.get(right.code)) for right in rights_in(service)]


def last_check(account: SalesAccount, service: Service) -> RightsCheck:
    """What was found last, of the connection that is there now."""
    found: RightsCheck | None = cache.get(_key(account, service), version=_KEPT_VERSION)
    return found or RightsCheck({})


def check_rights(account: SalesAccount, service: Service) -> None:
    """Ask for every right of a provider, and keep what is found for a week. Raises ConnectionProblem."""
    look = _look_at_marketo if service == Service.MARKETO else _look_at_salesforce
    with asking(f"rights-{service}", account.pk):
        try:
            states = look(account)
        except ApiError as error:
            if connection := _connection(account, service):
                record_problem(connection, error)
            raise ConnectionProblem(problem_code(error)) from None
        cache.set(_key(account, service), RightsCheck(states, timezone.now()), _KEPT_SECONDS, _KEPT_VERSION)


def _key(account: SalesAccount, service: Service) -> str:
    """A connection that was made anew may have another user."""
    connection = _connection(account, service)
    return f"rights-{service}-{account.pk}-{connection.connected_at.timestamp() if connection else ''}"


def _connection(account: SalesAccount, service: Service) -> MarketoConnection | SalesforceConnection | None:
    model = MarketoConnection if service == Service.MARKETO else SalesforceConnection
    return model.objects.for_account(account).first()


def _look_at_marketo(account: SalesAccount) -> dict[RightCode, RightState]:
    """Before the account is connected the credentials of its instance are looked at: about ten calls."""
    connection = MarketoConnection.objects.for_account(account).first()
    source = connection or MarketoInstance.objects.for_account(account).first()
    if source is None:
        raise ConnectionProblem(ProblemCode.MARKETO_NO_INSTANCE)
    client = marketo_client(source)
    states = _asked(client, _marketo_questions(client))
    people = check_marketo(client)
    if connection:
        people = _kept(connection, people)
    return states | {RightCode.WORKSPACES: _seen(people, Kind.PERSON)}


def _kept(connection: MarketoConnection, people: Visibility) -> Visibility:
    """A data sync looks for hundreds of people whom it knows: where this look cannot tell, what that proved stays."""
    known = current_visibility(connection)
    if people.verdict is Verdict.UNKNOWN and known and known.verdict is Verdict.ALL:
        return known
    keep_visibility(connection, people)
    return people


def _marketo_questions(client: MarketoClient) -> dict[RightCode, Ask]:
    """Adobe's "Endpoint Reference" names the permission of each endpoint."""
    return {
        RightCode.PEOPLE: client.describe_fields,
        RightCode.ACTIVITIES: client.activity_type_ids,
        RightCode.ASSETS: client.oldest_folder_created_at,
        RightCode.USERS: client.workspaces,
    }


def _look_at_salesforce(account: SalesAccount) -> dict[RightCode, RightState]:
    """Seven to twelve calls."""
    connection = SalesforceConnection.objects.for_account(account).first()
    if connection is None:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_CONNECTED)
    client = salesforce_client(connection)
    states = _asked(client, _salesforce_questions(client))
    records = check_salesforce(connection, client)
    keep_visibility(connection, records)
    return states | {
        RightCode.ALL_LEADS: _seen(records, Kind.LEAD),
        RightCode.ALL_CONTACTS: _seen(records, Kind.CONTACT),
    }


def _salesforce_questions(client: SalesforceClient) -> dict[RightCode, Ask]:
    reads: dict[RightCode, Ask] = {
        code: partial(client.query, f"SELECT Id FROM {sobject} LIMIT 1")  # noqa: S608 (our own names)
        for code, sobject in _OBJECTS.items()
    }
    return {
        RightCode.API: partial(_need_permission, client, "ApiEnabled"),
        RightCode.SETUP: partial(_need_permission, client, "ViewSetup"),
        **reads,
    }


def _need_permission(client: SalesforceClient, name: str) -> None:
    if not client.has_permission(name):
        raise AccessDenied(Service.SALESFORCE, "INSUFFICIENT_ACCESS")


def _asked(client: MarketoClient | SalesforceClient, questions: Mapping[RightCode, Ask]) -> dict[RightCode, RightState]:
    with free_to_refuse(client):
        return {code: _state(ask) for code, ask in questions.items()}


def _state(ask: Ask) -> RightState:
    """Raises ApiError when nothing can be asked at all."""
    try:
        ask()
    except AccessDenied:
        return RightState.MISSING
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except ApiError:
        return RightState.UNKNOWN
    return RightState.FOUND


def _seen(found: Visibility, kind: Kind) -> RightState:
    return _OF_VERDICT[found.sights[kind].verdict]
