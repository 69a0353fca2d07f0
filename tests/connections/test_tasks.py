"""The regular looks, as beat asks for them."""

import pytest
from pytest_django import Settings

from connections import tasks
from connections.models import MarketoConnection, SalesforceConnection
from connections.problem_codes import ProblemCode
from salesforce_package.models import PackageCheck
from salesforce_package.tasks import check_packages
from tests.connections.conftest import ChangeOrg


def test_beat_asks_for_both_looks(settings: Settings) -> None:
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.check_connections.name, check_packages.name} <= asked


@pytest.mark.usefixtures("tasks_run_at_once")
def test_the_hourly_look_reaches_both_providers(
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    change_org: ChangeOrg,
    settings: Settings,
) -> None:
    change_org("set_user", username="admin@acme.example", api_enabled=False)
    MarketoConnection.objects.update(problem=ProblemCode.MARKETO_BUSY)
    tasks.check_connections()
    assert SalesforceConnection.objects.get().problem == "salesforce_api_disabled"
    assert MarketoConnection.objects.get().problem == ""


@pytest.mark.usefixtures("tasks_run_at_once")
def test_the_daily_look_checks_the_package(salesforce_connection: SalesforceConnection, change_org: ChangeOrg) -> None:
    change_org("install_package")
    check_packages()
    assert PackageCheck.objects.get().version == "1.8000.0.0"
    change_org("set_user", username="admin@acme.example", api_enabled=False)
    check_packages()
    assert PackageCheck.objects.get().version == "1.8000.0.0"
    assert SalesforceConnection.objects.get().problem == "salesforce_api_disabled"
