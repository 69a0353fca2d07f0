"""How much HTML a page is: under 100 KB with everything that an account of 10,000 people can hold on one page."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import SalesAccount, Team, User
from accounts.permissions import Role
from connections.models import MarketoInstance
from history.models import ChangeDelay
from sync.models import RunKind, SyncRun
from tests.factories import (
    make_cursor,
    make_invitation,
    make_marketo_admin,
    make_marketo_connection,
    make_member,
    make_people,
    make_run,
    make_salesforce_connection,
    make_team,
)

MOST = 100_000
PAGES = [
    "/",
    "/settings/admin/users/",
    "/settings/admin/users/?page=2",
    "/settings/admin/teams/",
    "/settings/admin/audit/",
    "/settings/admin/notifications/",
    "/settings/admin/salesforce-package/",
    "/settings/people/",
    "/ops/",
    "/ops/freshness/",
    "/ops/sync/",
]


@pytest.fixture
def full_account(account: SalesAccount, linked_instance: MarketoInstance, admin: User) -> SalesAccount:
    """Every seat taken, each with teams; people with long names; a day of runs."""
    make_marketo_admin(linked_instance, admin.email)
    teams = [make_team(account, f"Sales in region {number}") for number in range(6)]
    with_people(account, teams)
    make_cursor(account)
    make_marketo_connection(account, owner=admin)
    make_salesforce_connection(account, connected_by=admin)
    make_people(account, 200, title="Vice President of Purchasing", company="Nordic Instruments Aktiebolag")
    for hour in range(24):
        finished = timezone.now() - timedelta(hours=hour)
        make_run(account, kind=RunKind.INCREMENTAL, seen=140, synced=120, people=10_000, finished_at=finished)
        ChangeDelay.objects.create(account=account, hour=finished, seconds=120, changes=50)
    make_run(account, people=10_000, finished_at=timezone.now())
    return account


def with_people(account: SalesAccount, teams: list[Team]) -> None:
    for number in range(59):
        member = make_member(account, f"anna-karin.oberg{number}@acme.example", Role.USER)
        member.teams.add(*teams[:2])
    User.objects.filter(member__account=account).update(name="Anna-Karin Lindqvist Öberg", last_login=timezone.now())
    for number in range(40):
        email = f"per-erik.strom{number}@acme.example"
        make_invitation(account, email, name="Per-Erik Johansson Ström", sent_at=timezone.now())


@pytest.mark.parametrize("language", ["en", "sv"])
def test_no_page_is_bigger_than_100_kb(browser: Client, full_account: SalesAccount, language: str) -> None:
    browser.cookies["django_language"] = language
    answers = {address: browser.get(address) for address in [*PAGES, SyncRun.objects.latest("pk").get_absolute_url()]}
    assert {address: answer.status_code for address, answer in answers.items()} == dict.fromkeys(answers, 200)
    sizes = {address: len(answer.content) for address, answer in answers.items()}
    assert {address: size for address, size in sizes.items() if size > MOST} == {}


def test_a_page_draws_each_icon_once(browser: Client, full_account: SalesAccount) -> None:
    """And every icon that is named is drawn: on pages, and in a part of one that is sent alone."""
    for address in PAGES:
        page = browser.get(address).content.decode()
        drawn = re.findall(r'<symbol id="(i-[a-z0-9-]+)"', page)
        assert len(drawn) == len(set(drawn))
        assert set(re.findall(r'<use href="#(i-[a-z0-9-]+)"/>', page)) == set(drawn)
    part = browser.get("/ops/", headers={"HX-Request": "true"}).content.decode()
    assert "<use" not in part
    assert '<svg class="icon"' in part
