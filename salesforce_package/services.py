"""Looking at the Salesforce package of steps 6 and 7, and ticking by hand what no API can see."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.occurrences import begin, drop, end
from accounts.services import record
from clients.http import ApiError
from connections.asking import asking
from connections.models import ConnectionStatus, MarketoInstance, SalesforceConnection
from connections.services.call_recorder import record_problem
from connections.services.client_factory import marketo_client, salesforce_client
from invitations.models import Invitation
from marketo_instances.prerequisites import SalesforceSample, read_salesforce_sample
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from salesforce_package.audit_actions import PackageAction
from salesforce_package.changes import find_changes, keep_changes, open_changes
from salesforce_package.checks import check_org
from salesforce_package.events import ITEMS_BROKEN
from salesforce_package.items.checklist import ITEMS
from salesforce_package.items.declaration import Item
from salesforce_package.models import ActivityProof, PackageCheck, PackageTick
from salesforce_package.org import Expectation, Finding, State
from salesforce_package.rights import Person
from salesforce_package.telling import telling_who_asked

_NO_SAMPLE = SalesforceSample(0, [], [])
_log = structlog.get_logger(__name__)


def check_package(account: SalesAccount) -> PackageCheck:
    """
    Look at the connected org now and keep what was found.

    Raises ConnectionProblem when the org cannot be asked, or is being looked at for somebody else.
    """
    with asking("package", account.pk):
        return _look(account, _connection(account))


def _look(account: SalesAccount, connection: SalesforceConnection) -> PackageCheck:
    try:
        client = salesforce_client(connection)
        findings = check_org(client, expectation_of(account, connection))
    except ApiError as error:
        record_problem(connection, error)
        raise ConnectionProblem(problem_code(error)) from None
    last = PackageCheck.objects.for_account(account).filter(org_id=connection.org_id).first()
    changes = find_changes(last, findings, client)
    with transaction.atomic(), telling_who_asked(account):
        _check_still_connected(connection)
        keep_changes(account, connection.org_id, findings, changes)
        _tell_of_broken(account, connection.org_id)
        return _keep(account, last, connection.org_id, findings)


def _check_still_connected(connection: SalesforceConnection) -> None:
    """
    Keep the account with the org that was looked at until the transaction ends: what was found there says nothing about
    the org that it has moved to meanwhile. Raises ConnectionProblem, as if the new org were just being looked at.
    """
    rows = SalesforceConnection.objects.select_for_update(no_key=True)
    if rows.filter(account=connection.account_id, member=None, org_id=connection.org_id).first() is None:
        raise ConnectionProblem(ProblemCode.ASKED_JUST_NOW)


def expectation_of(account: SalesAccount, connection: SalesforceConnection) -> Expectation:
    """What the org of the connection must match; asks Marketo for a sample of people."""
    instance = MarketoInstance.objects.for_account(account).first()
    sample = _read_sample(instance) if instance else _NO_SAMPLE
    own = {link.member_id: link.user_id for link in _connections_to(account, connection.org_id)}
    return Expectation(
        munchkin_id=instance.munchkin_id if instance else "",
        org_id=connection.org_id,
        lead_ids=sample.lead_ids,
        contact_ids=sample.contact_ids,
        people=list(people_of(account, own)),
        connected_ids=frozenset(own.values()),
    )


def _connections_to(account: SalesAccount, org_id: str) -> QuerySet[SalesforceConnection]:
    """The connections to an org that work: the account's, and those of members."""
    links: QuerySet[SalesforceConnection] = SalesforceConnection.objects.filter(
        account=account, org_id=org_id, status=ConnectionStatus.CONNECTED
    )
    return links


def people_of(account: SalesAccount, own: Mapping[int | None, str]) -> Iterator[Person]:
    """Members, and who has an open invitation; `own` are the Salesforce users of members who connected themselves."""
    for member in Member.objects.for_account(account).select_related("user").order_by("user__name", "user__email"):
        yield Person(str(member.user), member.user.email, own.get(member.pk, ""))
    for invitation in Invitation.objects.for_account(account).open().order_by("name", "email"):
        yield Person(invitation.name or invitation.email, invitation.email)


def _keep(account: SalesAccount, last: PackageCheck | None, org_id: str, findings: dict[str, Finding]) -> PackageCheck:
    installed = findings["package_installed"]
    removed_at, version = last.removed_at if last else None, str(installed.values.get("version", ""))
    if installed.state is State.DONE:
        removed_at = None
    elif installed.state is State.UNKNOWN and last:
        version = last.version
    elif installed.state is State.MISSING and last and last.version:
        removed_at = timezone.now()
    results = {key: asdict(finding) for key, finding in findings.items()}
    values = {"org_id": org_id, "version": version, "results": results, "removed_at": removed_at}
    return PackageCheck.objects.update_or_create(account=account, defaults={"checked_at": timezone.now(), **values})[0]


def _tell_of_broken(account: SalesAccount, org_id: str) -> None:
    broken = sorted(set(open_changes(account, org_id).values_list("item", flat=True)))
    if broken:
        link = reverse("salesforce_package:package")
        begin(ITEMS_BROKEN, account=account, link=link, items=len(broken), keys=broken)
    else:
        end(ITEMS_BROKEN, account=account)


@transaction.atomic
def tick_item(*, account: SalesAccount, by: User, item: Item) -> None:
    """Note that a person has seen to an item that no API can judge. Raises ConnectionProblem."""
    connection = _connection(account)
    # Of two last items that are seen to at the same moment the second knows of the first.
    _check_still_connected(connection)
    org_id = connection.org_id
    finding = _last_finding(account, org_id, item)
    tick = PackageTick.objects.for_account(account).filter(org_id=org_id, item=item.key).first()
    if tick and tick.is_about(finding):
        return
    now = {"ticked_by": by, "ticked_at": timezone.now(), "finding": finding}
    with telling_who_asked(account):
        PackageTick.objects.update_or_create(account=account, org_id=org_id, item=item.key, defaults=now)
    record(account=account, actor=by, action=PackageAction.ITEM_TICKED, target=item.title)


@dataclass(frozen=True)
class KeptOfOrg:
    """What was found and ticked in an org: it counts for no other, and again when the account comes back."""

    ticks: int
    proofs: int
    # Test activities whose tasks are not all deleted yet.
    uncleaned: int


def kept_of(account: SalesAccount, org_id: str) -> KeptOfOrg:
    proofs = ActivityProof.objects.for_account(account).filter(org_id=org_id)
    ticks = PackageTick.objects.for_account(account).filter(org_id=org_id)
    return KeptOfOrg(ticks.count(), proofs.count(), proofs.filter(cleaned_at=None).count())


def leave_org(account: SalesAccount, org_id: str) -> None:
    """Nobody looks any more at what is broken in the old org, and nobody is told that it is whole again."""
    drop(ITEMS_BROKEN, account=account)
    open_changes(account, org_id).update(ended_at=timezone.now())


def _last_finding(account: SalesAccount, org_id: str, item: Item) -> dict[str, Any] | None:
    check = PackageCheck.objects.for_account(account).filter(org_id=org_id).first()
    return check.results.get(item.key) if check else None


@transaction.atomic
def untick_item(*, account: SalesAccount, by: User, item: Item) -> None:
    """Take the tick away again. Raises ConnectionProblem."""
    org_id = _connection(account).org_id
    if PackageTick.objects.for_account(account).filter(org_id=org_id, item=item.key).delete()[0]:
        record(account=account, actor=by, action=PackageAction.ITEM_UNTICKED, target=item.title)


def find_item(key: str) -> Item | None:
    return ITEMS.get(key)


def _connection(account: SalesAccount) -> SalesforceConnection:
    connection: SalesforceConnection | None = SalesforceConnection.objects.for_account(account).first()
    if connection is None:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_CONNECTED)
    return connection


def _read_sample(instance: MarketoInstance) -> SalesforceSample:
    """Marketo's word is wanted for one item only; without it that item stays unknown."""
    try:
        return read_salesforce_sample(marketo_client(instance))
    except ApiError as error:
        _log.info("package_check_without_marketo", error=str(error))
        return _NO_SAMPLE
