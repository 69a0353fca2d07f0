"""Everything the seven steps are computed from, read with a constant number of queries."""

from dataclasses import dataclass

from accounts.models import Member, Role, SalesAccount, User
from connections.models import MarketoInstance
from connections.services import Health, PackageState, marketo_health, package_state, salesforce_health
from invitations.models import Invitation
from sync.models import SyncRun


@dataclass(frozen=True)
class Viewer:
    """What the person looking may do."""

    is_marketo_admin: bool
    role: Role | None

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def can_use_salesforce_pages(self) -> bool:
        return self.role in {Role.ADMIN, Role.SALESFORCE_ADMIN}


@dataclass(frozen=True)
class AccountFacts:
    """The state of a Sales account that exists."""

    account: SalesAccount
    first_invitation: Invitation | None
    salesforce: Health
    marketo: Health
    last_full_run: SyncRun | None
    last_success: SyncRun | None
    members: int
    waiting_invitations: int
    package: PackageState


@dataclass(frozen=True)
class Facts:
    """What the Setup guide knows: the Marketo instance, its Sales account if there is one, and who looks."""

    viewer: Viewer
    instance: MarketoInstance | None
    account: AccountFacts | None


def facts_for(user: User, member: Member | None) -> Facts | None:
    """The facts for this person, or None for somebody who belongs to no account and no Marketo instance."""
    administered = MarketoInstance.objects.administered_by(user).select_related("account__original_user").first()
    viewer = Viewer(is_marketo_admin=bool(administered), role=Role(member.role) if member else None)
    if member:
        own = MarketoInstance.objects.of_account(member.account).first()
        return Facts(viewer, own, _account_facts(member.account))
    if administered:
        return Facts(viewer, administered, _account_facts(administered.account) if administered.account else None)
    return None


def _account_facts(account: SalesAccount) -> AccountFacts:
    runs = SyncRun.objects.of_account(account)
    invitations = Invitation.objects.of_account(account)
    return AccountFacts(
        account=account,
        first_invitation=invitations.filter(purpose=Invitation.Purpose.FIRST_ADMIN).first(),
        salesforce=salesforce_health(account),
        marketo=marketo_health(account),
        last_full_run=runs.full().order_by("-pk").first(),
        last_success=runs.last_success(),
        members=Member.objects.of_account(account).count(),
        waiting_invitations=invitations.open().count(),
        package=package_state(account),
    )
