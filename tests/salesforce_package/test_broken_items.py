"""What an org has lost since it was in order: it is told until it is whole, or until the account leaves the org."""

from typing import Any

import pytest
from celery.exceptions import Retry
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Occurrence, SalesAccount, User
from accounts.occurrences import begin
from connections.asking import asking
from connections.models import SalesforceConnection
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem
from salesforce_package import tasks
from salesforce_package.checks import check_org
from salesforce_package.events import ITEMS_BROKEN
from salesforce_package.models import PackageChange, PackageCheck
from salesforce_package.services import check_package, leave_org
from salesforce_package.state import package_state
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg, PersonAtSalesforce, press_ok
from tests.pages import text_of
from tests.salesforce_package.conftest import items

PAGE = "/settings/admin/salesforce-package/"


def test_a_package_that_is_removed_later_is_a_problem_of_the_setup_guide(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf, change_org: ChangeOrg
) -> None:
    browser = client_of(salesforce_admin)
    removed = "The package Marketo Sales Insight was removed from the Salesforce org."
    tasks.check_package(checked.pk)
    assert removed not in text_of(browser.get("/"))  # it was never there
    change_org("install_package")
    tasks.check_package(checked.pk)
    change_org("hide_setup", hidden=True)
    tasks.check_package(checked.pk)
    change_org("hide_setup", hidden=False)
    change_org("uninstall_package")
    for _day in range(2):
        tasks.check_package(checked.pk)
        assert removed in text_of(browser.get("/"))
        assert removed in text_of(browser.get(PAGE))
    assert not package_state(checked).is_installed
    change_org("hide_setup", hidden=True)
    tasks.check_package(checked.pk)
    assert removed in text_of(browser.get("/"))  # not to be able to look proves nothing
    change_org("hide_setup", hidden=False)
    change_org("install_package")
    tasks.check_package(checked.pk)
    assert removed not in text_of(browser.get("/"))


@pytest.mark.usefixtures("tasks_run_at_once")
def test_the_package_is_looked_at_as_soon_as_the_org_is_connected(
    salesforce_admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    browser = client_of(salesforce_admin)
    back = person_at_salesforce(press_ok(browser))
    with django_capture_on_commit_callbacks(execute=True):
        browser.get(back)
    page = text_of(browser.get(PAGE))
    assert "The package is not installed." in page
    assert "Do this next" in page


@pytest.mark.usefixtures("configured_org")
def test_what_was_in_order_and_is_broken_is_told_until_it_is_in_order(
    checked: SalesAccount, change_org: ChangeOrg
) -> None:
    items(checked)
    assert not Occurrence.objects.exists()
    change_org("uninstall_package")
    for _ in range(2):
        items(checked)
    told = Occurrence.objects.going_on().get(event=ITEMS_BROKEN.key)
    broken = broken_items(checked)
    assert told.details["items"] == len(broken) > 3
    change_org("install_package")
    items(checked)
    assert broken_items(checked) < broken
    assert "package_installed" in broken - broken_items(checked)
    SalesforceConnection.objects.update(org_id="00DOTHER00000000AA")
    items(checked)
    assert not Occurrence.objects.going_on().exists(), "the org that is connected now has lost nothing"
    assert broken_items(checked), "what the other one had lost is not found again by that"


def broken_items(account: SalesAccount) -> set[str]:
    """What any org of the account has lost."""
    return set(PackageChange.objects.for_account(account).filter(ended_at=None).values_list("item", flat=True))


def test_a_look_at_an_org_that_the_account_has_left_meanwhile_comes_to_nothing(
    checked: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the look at the new org, which was turned away by it, is taken later."""

    def move_meanwhile(*asked: Any) -> Any:
        found = check_org(*asked)
        SalesforceConnection.objects.for_account(checked).update(org_id="00D000000000009AAA")
        return found

    monkeypatch.setattr("salesforce_package.services.check_org", move_meanwhile)
    with pytest.raises(ConnectionProblem) as refused:
        check_package(checked)
    assert refused.value.code == ProblemCode.ASKED_JUST_NOW
    assert not PackageCheck.objects.exists()
    with asking("package", checked.pk), pytest.raises(Retry):
        tasks.check_package(checked.pk)


@pytest.mark.django_db
def test_what_was_broken_in_an_org_is_not_called_whole_when_the_account_leaves_it(account: SalesAccount) -> None:
    here, there = "00D000000000001AAA", "00D000000000002AAA"
    for org_id in (here, there):
        PackageChange.objects.create(
            account=account, org_id=org_id, item="soap_site", before={}, after={}, seen_at=timezone.now()
        )
    begin(ITEMS_BROKEN, account=account, items=1, keys=["soap_site"])
    leave_org(account, here)
    occurrence = Occurrence.objects.get(event=ITEMS_BROKEN.key)
    assert occurrence.ended_at
    assert not Occurrence.objects.untold().exists(), "nobody is told of it any more"
    assert [change.org_id for change in PackageChange.objects.filter(ended_at=None)] == [there]
