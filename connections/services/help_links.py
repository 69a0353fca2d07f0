"""Links that show one problem or one step to the person who can solve it and who need not sign in here."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from accounts.models import Member, Role, SalesAccount, User
from accounts.services import record
from clients.salesforce.errors import SERVICE as SALESFORCE
from connections.diagnoses import diagnosis_of
from connections.models import ApiFailure, ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.problems import PROBLEMS, ConnectionProblem, Problem, in_english
from connections.services.failures import retry_failure
from connections.services.health import check_connection
from connections.services.package import ItemPart, check_package, package_state
from connections.services.repeats import find_repeat
from connections.services.salesforce import SALESFORCE_ROLES
from connections.turns import count_use, turn

LIFETIME = timedelta(days=7)
LINKS_PER_HOUR = 30

_SALT = "connections.help-link"
# The longest code and the longest number fit.
_LONGEST_SUBJECT = 60
_PROBLEM_KINDS = {"problem", "own"}
_SECONDS_BETWEEN_CHECKS = 30


@dataclass(frozen=True)
class HelpRequest:
    """What somebody is asked to do: no name of a person, no secret, nothing else of the account."""

    company: str
    what: Promise | str
    found: Promise | str
    todo: Promise | str
    who: Promise | str
    is_solved: bool
    where: Promise | str = ""
    setup_url: str = ""
    values: list[str] = field(default_factory=list)
    parts: list[ItemPart] = field(default_factory=list)
    # Can a check show that it was done?
    is_checked: bool = True


def make_help_link(*, account: SalesAccount, by: User, subject: str) -> tuple[str, HelpRequest] | None:
    """
    The address of a page about `subject`, which is `item:`, `problem:` (of the account's connections), `own:` (of the
    connection of `by`) or `failure:`, with a key; good for seven days and for as long as there is something to solve.
    None when there is not. Raises ConnectionProblem for too many.
    """
    asked = _help_request(account, by.pk, subject) if len(subject) <= _LONGEST_SUBJECT else None
    if asked is None or asked.is_solved:
        return None
    _count_link(by)
    record(account=account, actor=by, action="help_link.made", target=in_english(asked.what))
    token = signing.dumps([account.pk, by.pk, subject], salt=_SALT)
    return settings.SITE_URL.rstrip("/") + reverse("connections:help", args=[token]), asked


def read_help_link(token: str) -> HelpRequest | None:
    """
    What a link is about, as it stands now; None for a link that was tampered with, is too old, or was made by somebody
    who might not make it today.
    """
    about = _about(token)
    return _help_request(*about) if about else None


def check_help_link(token: str) -> None:
    """Look now whether what a link asks for was done. Raises ConnectionProblem when that cannot be asked just now."""
    about = _about(token)
    asked = _help_request(*about) if about else None
    if about is None or asked is None or asked.is_solved or not asked.is_checked:
        return
    account, by_id, subject = about
    # Whoever holds the link can press the button.
    if count_use(f"help-checks-{account.pk}-{subject}", seconds=_SECONDS_BETWEEN_CHECKS) > 1:
        raise ConnectionProblem("asked_just_now")
    kind, _colon, key = subject.partition(":")
    if kind == "item":
        with turn(f"package-{account.pk}"):
            check_package(account)
        return
    with turn(f"connections-{account.pk}"):
        if kind == "failure":
            retry_failure(account=account, failure_id=int(key))
        elif connection := _connections(account, by_id, kind, key).first():
            check_connection(connection)


def _about(token: str) -> tuple[SalesAccount, int, str] | None:
    """Account, maker and subject of a link that is good today."""
    try:
        account_id, by_id, subject = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    roles = Role if subject.startswith("own:") else SALESFORCE_ROLES
    makers = Member.objects.filter(account_id=account_id, user_id=by_id, role__in=roles, user__is_active=True)
    maker = makers.select_related("account").first()
    return (maker.account, by_id, subject) if maker else None


def _count_link(by: User) -> None:
    if count_use(f"help-links-{by.pk}", seconds=3600) > LINKS_PER_HOUR:
        raise ConnectionProblem("too_many_links")


def _help_request(account: SalesAccount, by_id: int, subject: str) -> HelpRequest | None:
    kind, _colon, key = subject.partition(":")
    if kind == "item":
        return _about_item(account, key)
    if kind == "failure":
        return _about_failure(account, key)
    return _about_problem(account, key, _connections(account, by_id, kind, key)) if kind in _PROBLEM_KINDS else None


def _connections(account: SalesAccount, by_id: int, kind: str, code: str) -> QuerySet[Any]:
    """The one connection that has a problem, or none."""
    if kind == "own":
        return SalesforceConnection.objects.filter(account=account, member__user_id=by_id)
    model = SalesforceConnection if code.startswith(SALESFORCE) else MarketoConnection
    rows: QuerySet[Any] = model.objects.of_account(account)
    return rows


def _about_item(account: SalesAccount, key: str) -> HelpRequest | None:
    entry = next((entry for entry in package_state(account).items if entry.item.key == key), None)
    if entry is None:
        return None
    return HelpRequest(
        company=account.name,
        what=entry.item.title,
        found=entry.found,
        todo=entry.item.how,
        who=entry.item.who,
        is_solved=entry.is_settled,
        where=entry.item.where,
        setup_url=entry.setup_url,
        values=entry.values,
        parts=[part for part in entry.parts if not part.is_done],
        is_checked=entry.item.is_verifiable,
    )


def _about_problem(account: SalesAccount, code: str, connections: QuerySet[Any]) -> HelpRequest | None:
    problem, connection = PROBLEMS.get(code), connections.first()
    if problem is None or not problem.can_be_handed_on:
        return None
    # Another problem may only have come on top.
    is_solved = connection is not None and not connection.problem
    asked = _of_problem(account, problem, is_solved=is_solved, values=list(problem.values))
    # After a refused sign-in only the next one shows it, which is made here.
    return replace(asked, is_checked=connection is not None and connection.status == ConnectionStatus.CONNECTED)


def _about_failure(account: SalesAccount, key: str) -> HelpRequest | None:
    failure = ApiFailure.objects.of_account(account).filter(pk=key).first() if key.isdecimal() else None
    if failure is None:
        return None
    problem = diagnosis_of(failure.service, failure.code, failure.problem)
    if not problem.can_be_handed_on:
        return None
    names = failure.names.split(", ") if failure.names else []
    asked = _of_problem(account, problem, is_solved=failure.solved_at is not None, values=[*problem.values, *names])
    return replace(asked, is_checked=find_repeat(failure.service, failure.operation, failure.problem) is not None)


def _of_problem(account: SalesAccount, problem: Problem, *, is_solved: bool, values: list[str]) -> HelpRequest:
    return HelpRequest(account.name, problem.what, "", problem.todo, problem.who, is_solved, values=values)
