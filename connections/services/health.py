"""How the two connections are, in sentences for the Setup guide and the settings pages."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import AuditEvent, Member, SalesAccount
from clients.http import ApiError, Unreachable
from connections.audit_actions import ConnectionAction
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection, Service
from connections.services.call_log import record_usage, solve_failures
from connections.services.call_recorder import record_problem, row_of
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.probes import find_probe
from connections.services.token_refresh import renew_access, renew_idle_token
from problems.codes import problem_code
from problems.messages import problem_for
from problems.problem import Problem

# The clock asks every hour.
HEARD_OF = timedelta(minutes=50)


@dataclass(frozen=True)
class Health:
    """A connection's state: `fact` is a sentence, `problem` what to show when it does not work."""

    is_connected: bool
    fact: str
    problem: Problem | None
    problem_code: str = ""
    # Somebody has ended it on purpose.
    is_ended: bool = False

    @property
    def is_good(self) -> bool:
        return self.is_connected and self.problem is None


def salesforce_health(account: SalesAccount) -> Health:
    connection = SalesforceConnection.objects.for_account(account).first()
    ended = None if connection else _last_event(account, ConnectionAction.SALESFORCE_DISCONNECTED)
    return _ended(ended, ended.target) if ended else _salesforce_health(connection)


def own_salesforce_health(member: Member) -> Health:
    return _salesforce_health(SalesforceConnection.objects.of_member(member).first())


def _salesforce_health(connection: SalesforceConnection | None) -> Health:
    if connection is None:
        return Health(is_connected=False, fact=_("Not connected to Salesforce yet."), problem=None)
    fact = _("Connected to %(org)s (%(kind)s) as %(username)s.") % {
        "org": connection.org_name,
        "kind": _("sandbox") if connection.is_sandbox else _("production"),
        "username": connection.username,
    }
    return _health(connection, fact)


def marketo_health(account: SalesAccount) -> Health:
    connection = MarketoConnection.objects.for_account(account).select_related("owner").first()
    if connection is None:
        ended = _last_event(account, ConnectionAction.MARKETO_DISCONNECTED)
        if ended:
            return _ended(ended, f"Marketo {ended.target}")
        return Health(is_connected=False, fact=_("Not connected to Marketo yet."), problem=None)
    fact = _("Connected to Marketo %(munchkin_id)s by %(owner)s.") % {
        "munchkin_id": connection.munchkin_id,
        "owner": connection.owner,
    }
    return _health(connection, fact)


def _last_event(account: SalesAccount, action: ConnectionAction) -> AuditEvent | None:
    events = AuditEvent.objects.for_account(account).filter(action=action).select_related("actor")
    return events.order_by("-pk").first()


def _ended(event: AuditEvent, name: str) -> Health:
    fact = _("Disconnected from %(name)s by %(who)s, %(when)s.") % {
        "name": name,
        "who": event.actor or event.actor_email,
        "when": date_format(timezone.localtime(event.created_at), "DATETIME_FORMAT"),
    }
    return Health(is_connected=False, fact=fact, problem=None, is_ended=True)


def check_connection(connection: MarketoConnection | SalesforceConnection) -> None:
    """
    Make one cheap call, and the one that met the problem of the connection if there is one; keep what they show.

    Once both succeed the connection is healthy again, and the failure that Diagnostics lists is solved.
    """
    problem, operation = row_of(connection).values_list("problem", "problem_operation").first() or ("", "")
    service = Service.SALESFORCE if isinstance(connection, SalesforceConnection) else Service.MARKETO
    repeat = find_probe(service, operation, problem) if problem else None
    try:
        _ask(connection)
        if repeat:
            repeat(connection)
    except ApiError as error:
        # The one that stands stays with the call that met it.
        if problem_code(error) != problem:
            record_problem(connection, error)
        return
    row_of(connection).filter(problem__in=["", problem]).update(status=ConnectionStatus.CONNECTED, problem="")
    # Diagnostics is about the account's connections, not about those of members.
    if repeat and not getattr(connection, "member_id", None):
        solve_failures(connection.account, service, Q(operation=operation, problem=problem))


def check_by_the_clock(connection: MarketoConnection | SalesforceConnection) -> None:
    """Check a connection of which nobody has heard for an hour, or only trouble: other calls show as much as ours."""
    is_fresh = connection.last_call_at and connection.last_call_at > timezone.now() - HEARD_OF
    if not is_fresh or connection.problem or connection.status != ConnectionStatus.CONNECTED:
        check_connection(connection)
    elif isinstance(connection, SalesforceConnection):
        with suppress(ApiError):  # the connection's row says so
            renew_idle_token(connection)


def _ask(connection: MarketoConnection | SalesforceConnection) -> None:
    if isinstance(connection, SalesforceConnection):
        _ask_salesforce(connection)
    else:
        calls = marketo_client(connection).usage_today()
        record_usage(connection.account_id, Service.MARKETO, calls, None)


def _ask_salesforce(connection: SalesforceConnection) -> None:
    renew_idle_token(connection)
    try:
        salesforce_client(connection).organization()
    except Unreachable:
        before = connection.instance_url
        if before == connection.login_origin:
            raise
        # An org that was given another My Domain is found again through the login page of all orgs.
        renew_access(connection)
        if connection.instance_url == before:
            raise
        salesforce_client(connection).organization()


def check_account(account: SalesAccount) -> int:
    """Check every connection of an account now; the answer counts them."""
    connections = _connections_of(account)
    for connection in connections:
        check_connection(connection)
    return len(connections)


def _connections_of(account: SalesAccount) -> list[MarketoConnection | SalesforceConnection]:
    return [*SalesforceConnection.objects.for_account(account), *MarketoConnection.objects.for_account(account)]


def check_all_by_the_clock(account: SalesAccount) -> None:
    """The regular look at the connections of an account; those of its members have each their own."""
    for connection in _connections_of(account):
        check_by_the_clock(connection)


def _health(connection: MarketoConnection | SalesforceConnection, fact: str) -> Health:
    if connection.last_call_at:
        last = _("Last call answered %(when)s.") % {"when": naturaltime(connection.last_call_at)}
        fact = f"{fact} {last}"
    return Health(
        is_connected=connection.status == ConnectionStatus.CONNECTED,
        fact=fact,
        problem=problem_for(connection.problem) if connection.problem else None,
        problem_code=connection.problem,
    )
