"""Everything the seven steps are computed from, read with a constant number of queries."""

from dataclasses import dataclass

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission, Role
from accounts.querysets import MemberQuerySet
from connections.models import MarketoInstance
from connections.orgs import OrgMove
from connections.services.health import Health, marketo_health, salesforce_health
from invitations.models import Invitation
from invitations.querysets import InvitationQuerySet
from invitations.seats import Seats, seats_of
from salesforce_orgs.offers import offered_move
from salesforce_package.state import PackageState, package_state
from sync.models import SyncRun


@dataclass(frozen=True)
class Viewer:
    """What the person looking may do; `is_marketo_admin` of the instance that is shown."""

    is_marketo_admin: bool
    # None for somebody who is no member of the account.
    permissions: frozenset[Permission] | None
    # The instance that is shown, when its admin works in another one now.
    switch_to: int | None = None

    def may(self, permission: Permission) -> bool:
        return permission in (self.permissions or ())


@dataclass(frozen=True)
class AccountState:
    """The state of a Sales account that exists."""

    account: SalesAccount
    first_invitation: Invitation | None
    salesforce: Health
    marketo: Health
    last_full_run: SyncRun | None
    # Held, or a dry run: an Admin decides.
    stopped_run: SyncRun | None
    last_success: SyncRun | None
    # The last success that has read both systems.
    last_sync: SyncRun | None
    seats: Seats
    # To another Salesforce org; somebody decides.
    offered_move: OrgMove | None
    # Members and open invitations that are not there for the steps in Salesforce only.
    users: int
    package: PackageState
    # Who does the steps in Salesforce: members with that role or, for those who may ask somebody, addresses that were
    # asked and have not answered.
    salesforce_admins: list[str]


@dataclass(frozen=True)
class SetupState:
    """What the Setup guide knows: the Marketo instance, its Sales account if there is one, and who looks."""

    viewer: Viewer
    instance: MarketoInstance | None
    account: AccountState | None


def setup_state_for(user: User, member: Member | None) -> SetupState | None:
    """The facts for this person, or None for somebody who belongs to no account and no Marketo instance."""
    administered = list(MarketoInstance.objects.administered_by(user).select_related("account__original_user"))
    if member:
        own = MarketoInstance.objects.for_account(member.account).first()
        viewer = _viewer(member, own, administered)
        return SetupState(viewer, own, _account_state(member.account, viewer))
    if not administered:
        return None
    chosen = administered[0]
    viewer = Viewer(is_marketo_admin=True, permissions=None)
    return SetupState(viewer, chosen, _account_state(chosen.account, viewer) if chosen.account else None)


def _viewer(member: Member, own: MarketoInstance | None, administered: list[MarketoInstance]) -> Viewer:
    """A member of an account, who may administer other instances as well."""
    is_elsewhere = own in administered and own != administered[0]
    switch_to = own.pk if own and is_elsewhere else None
    return Viewer(is_marketo_admin=own in administered, permissions=member.permissions, switch_to=switch_to)


def _account_state(account: SalesAccount, viewer: Viewer) -> AccountState:
    runs = SyncRun.objects.for_account(account)
    invitations, members = Invitation.objects.for_account(account), Member.objects.for_account(account)
    return AccountState(
        account=account,
        first_invitation=invitations.filter(purpose=Invitation.Purpose.FIRST_ADMIN).first(),
        salesforce=salesforce_health(account),
        marketo=marketo_health(account),
        last_full_run=runs.full().order_by("-pk").first(),
        stopped_run=runs.waiting_for_a_decision().first(),
        last_success=runs.last_success(),
        last_sync=runs.last_sync(),
        seats=seats_of(account),
        offered_move=offered_move(account),
        users=sum(found.exclude(role=Role.SALESFORCE_ADMIN).count() for found in (members, invitations.open())),
        package=package_state(account),
        salesforce_admins=_salesforce_admins(members) or _asked(invitations, viewer),
    )


def _salesforce_admins(members: MemberQuerySet) -> list[str]:
    return [str(member.user) for member in members.filter(role=Role.SALESFORCE_ADMIN).select_related("user")[:3]]


def _asked(invitations: InvitationQuerySet, viewer: Viewer) -> list[str]:
    if not viewer.may(Permission.ASK_SALESFORCE_ADMIN):
        return []
    return list(invitations.open().filter(role=Role.SALESFORCE_ADMIN).values_list("email", flat=True)[:3])
