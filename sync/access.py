"""Whose runs and people somebody may watch over."""

from collections.abc import Mapping

from accounts.access import access_error
from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from accounts.permissions import Permission
from connections.models import MarketoInstance
from sync.models import SyncRun
from sync.querysets import SyncRunQuerySet


def watched_runs(request: ConsoleRequest) -> SyncRunQuerySet:
    """Runs of the accounts this person watches over; refuses everybody else."""
    require_run_access(request)
    return SyncRun.objects.watched_by(request.user, request.member)


def watched_accounts(request: ConsoleRequest) -> list[SalesAccount]:
    """Accounts this person watches over, by name; refuses everybody else."""
    require_run_access(request)
    if request.user.is_ops_staff:
        return list(SalesAccount.objects.order_by("name"))
    instances = MarketoInstance.objects.administered_by(request.user).select_related("account")
    found = {instance.account for instance in instances if instance.account}
    if request.member and request.member.may(Permission.CONTROL_RUNS):
        found.add(request.member.account)
    return sorted(found, key=str)


def chosen_account(accounts: list[SalesAccount], params: Mapping[str, str]) -> SalesAccount | None:
    """The account that the parameter of this name chooses, otherwise the first."""
    chosen = [account for account in accounts if account.slug == params.get("account")]
    return next(iter([*chosen, *accounts]), None)


def may_decide(request: ConsoleRequest, account: SalesAccount) -> bool:
    """Whether this person answers for what becomes of the account's people: its admins, and those of its instance."""
    return account.pk in decided_by(request)


def decided_by(request: ConsoleRequest) -> set[int]:
    """Keys of all accounts of which `may_decide` is true."""
    member = request.member
    own = {member.account_id} if member and member.may(Permission.DECIDE_RUNS) else set()
    administered = MarketoInstance.objects.administered_by(request.user).exclude(account=None)
    return own | set(administered.values_list("account_id", flat=True))


def require_run_access(request: ConsoleRequest) -> None:
    """Let in those who watch over an account; 403 for other members, 404 for people without an account."""
    is_watcher = request.user.is_ops_staff or (request.member and request.member.may(Permission.CONTROL_RUNS))
    if not is_watcher and not MarketoInstance.objects.administered_by(request.user).exists():
        raise access_error(request)
