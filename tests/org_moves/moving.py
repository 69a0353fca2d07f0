"""Another org to move to, and what a test of moves does with it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import QuerySet
from pytest_django import Settings

from accounts.models import SalesAccount, User
from connections.orgs import OrgMove
from org_moves.services import move_to_org
from salesforce_orgs.offers import OtherOrgError, offered_move
from salesforce_orgs.storing import Made, keep_connection
from sandbox.testing import SandboxProcess
from sync.models import Person, SyncRun
from sync.moves import RECORD_COLUMNS
from tests.salesforce_sign_in import signed_in


@pytest.fixture(autouse=True)
def _registered_app(settings: Settings) -> None:
    settings.SALESFORCE_CLIENT_ID = "sandbox-consumer-key"
    settings.SALESFORCE_CLIENT_SECRET = "sandbox-consumer-secret"
    settings.SALESFORCE_APP_KIND = "connected_app"


@pytest.fixture(scope="module")
def running_other_org() -> Iterator[SandboxProcess]:
    with SandboxProcess.start(people=20, seed=9, org_number=2, org_name="Acme 2027") as process:
        yield process


@pytest.fixture
def other_org(running_other_org: SandboxProcess) -> SandboxProcess:
    running_other_org.reset()
    return running_other_org


def log_in_to(org: SandboxProcess, account: SalesAccount, user: User) -> OrgMove:
    """Connect the account to another org than its own; answers the move that is offered."""
    made = Made(account=account, user=user, is_own=False, app=None, login_origin=org.url)
    with pytest.raises(OtherOrgError):
        keep_connection(made, signed_in(org))
    move = offered_move(account)
    assert move
    return move


def ids_of(people: QuerySet[Person]) -> dict[int, tuple[Any, ...]]:
    """The ids of the people whom an org has shown."""
    found = people.exclude(owner_id="").values_list("marketo_id", *RECORD_COLUMNS)
    return {marketo_id: columns for marketo_id, *columns in found}


def move(offer: OrgMove, by: User) -> SyncRun:
    """Do the move; answers the full run that follows."""
    assert move_to_org(account=offer.account, move_id=offer.pk, by=by)
    run: SyncRun = SyncRun.objects.for_account(offer.account).unfinished().get()
    return run


@pytest.fixture
def offer(synced: SalesAccount, admin: User, other_org: SandboxProcess) -> OrgMove:
    return log_in_to(other_org, synced, admin)
