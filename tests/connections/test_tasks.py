"""The regular looks, as beat asks for them."""

from datetime import timedelta

import pytest
import time_machine
from celery.exceptions import Retry
from django.utils import timezone
from pytest_django import Settings

from accounts.models import SalesAccount
from common.throttling import exclusive
from connections import tasks
from connections.models import MarketoConnection, SalesforceConnection
from connections.turns import MINUTES, turn_of, turn_of_own
from problems.codes import ProblemCode
from salesforce_orgs.tasks import revoke_orphaned_tokens
from salesforce_package.models import PackageCheck
from salesforce_package.tasks import check_package, check_packages
from sandbox.testing import SandboxProcess
from tests.connections.conftest import ChangeOrg, MinuteOf
from tests.factories import make_account


def test_beat_asks_for_every_look(settings: Settings) -> None:
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.check_connections.name, revoke_orphaned_tokens.name, check_packages.name} <= asked


@pytest.mark.django_db
def test_each_account_has_its_minute_of_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 looks in one minute kept everybody else waiting."""
    asked: list[int] = []
    monkeypatch.setattr(tasks.check_account_connections, "delay", asked.append)
    accounts = [make_account(f"Company {number}") for number in range(90)]
    for minute in range(60):
        before = len(asked)
        with time_machine.travel(timezone.now().replace(minute=minute)):
            tasks.check_connections()
        assert len(asked) - before <= 2
    assert sorted(asked) == [account.pk for account in accounts]


@pytest.mark.usefixtures("tasks_run_at_once", "salesforce_connection")
def test_an_account_that_is_being_called_is_left_alone(account: SalesAccount, sandbox: SandboxProcess) -> None:
    SalesforceConnection.objects.update(last_call_at=timezone.now() - timedelta(hours=1))
    calls = len(sandbox.get("/_sandbox/calls"))
    with turn_of(account.pk):
        tasks.check_account_connections(account.pk)
    assert len(sandbox.get("/_sandbox/calls")) == calls
    tasks.check_account_connections(account.pk)
    assert len(sandbox.get("/_sandbox/calls")) > calls


@pytest.mark.usefixtures("tasks_run_at_once")
def test_the_hourly_look_reaches_both_providers(
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    change_org: ChangeOrg,
    settings: Settings,
    minute_of: MinuteOf,
) -> None:
    minute_of(salesforce_connection.account)
    # That minute may lie far from the moment at which it was connected.
    SalesforceConnection.objects.update(last_call_at=timezone.now())
    change_org("set_user", username="admin@acme.example", api_enabled=False)
    MarketoConnection.objects.update(problem=ProblemCode.MARKETO_BUSY)
    tasks.check_connections()
    assert SalesforceConnection.objects.get().problem == "", "a moment ago it worked"
    SalesforceConnection.objects.update(last_call_at=timezone.now() - timedelta(hours=1))
    tasks.check_connections()
    assert SalesforceConnection.objects.get().problem == "salesforce_api_disabled"
    assert MarketoConnection.objects.get().problem == ""


@pytest.mark.usefixtures("tasks_run_at_once")
def test_members_own_connections_have_each_their_own_minute_and_not_the_account_s_turn(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    """Two hundred of them were two hundred calls in a row, and meanwhile nothing was done for the account."""
    account = salesforce_connection.account
    own = SalesforceConnection.objects.get()
    own.pk, own.member, own.last_call_at = None, account.members.get(), timezone.now() - timedelta(hours=2)
    own.save()
    sandbox.delete("/_sandbox/calls")
    tasks.check_account_connections(account.pk)
    assert sandbox.get("/_sandbox/calls") == []
    with turn_of(account.pk), time_machine.travel(timezone.now().replace(minute=own.pk % MINUTES)):
        tasks.check_connections()
    assert len(sandbox.get("/_sandbox/calls")) == 1
    # And one of an account at a time: who loses it tries again, for a while.
    SalesforceConnection.objects.filter(pk=own.pk).update(last_call_at=timezone.now() - timedelta(hours=2))
    with turn_of_own(account.pk):
        with pytest.raises(Retry):
            tasks.check_own_connection(own.pk)
        assert tasks.check_own_connection.apply((own.pk,), retries=tasks.OWN_TRIES).successful()
    assert len(sandbox.get("/_sandbox/calls")) == 1
    tasks.check_own_connection(own.pk)
    assert len(sandbox.get("/_sandbox/calls")) == 2


@pytest.mark.usefixtures("tasks_run_at_once")
def test_the_daily_look_checks_the_package(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, minute_of: MinuteOf
) -> None:
    minute_of(salesforce_connection.account)
    change_org("install_package")
    check_packages()
    assert PackageCheck.objects.get().version == "1.8000.0.0"
    change_org("set_user", username="admin@acme.example", api_enabled=False)
    check_packages()
    assert PackageCheck.objects.get().version == "1.8000.0.0"
    assert SalesforceConnection.objects.get().problem == "salesforce_api_disabled"


@pytest.mark.usefixtures("salesforce_connection")
def test_the_daily_look_is_put_off_while_the_account_is_being_called(account: SalesAccount) -> None:
    """The hourly looks begin in the same minute; whoever lost to them waited for the next night."""
    with turn_of(account.pk), pytest.raises(Retry):
        check_package(account.pk)
    assert not PackageCheck.objects.exists()
    check_package(account.pk)
    assert PackageCheck.objects.exists()


@pytest.mark.usefixtures("salesforce_connection")
def test_the_package_is_looked_at_once_at_a_time(account: SalesAccount, sandbox: SandboxProcess) -> None:
    sandbox.delete("/_sandbox/calls")
    with exclusive(f"package-{account.pk}"), pytest.raises(Retry):
        check_package(account.pk)
    assert sandbox.get("/_sandbox/calls") == []
