"""Whatever people, files and providers write is shown as text, on every screen."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.audit_actions import AccountAction
from accounts.models import Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import record
from connections.models import ApiFailure, MarketoAccess, MarketoAdmin, MarketoConnection, MarketoInstance
from connections.models import SalesforceConnection as Salesforce
from invitations.models import CsvUpload, Invitation
from sync.models import Cursor, Extract, Person, RejectedRow, Source, SyncRun
from sync.statuses import RunStatus
from tests.browser.audit import LOUD, SCREENS
from tests.conftest import ClientOf
from tests.factories import make_member
from tests.invitations.test_csv_corpus import NAUGHTY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
TEXTS = ["first_name", "last_name", "email", "company", "title", "phone", "source", "linkedin_url", "owner_name"]


@pytest.fixture
def naughty(account: SalesAccount, admin: User, instance: MarketoInstance) -> SyncRun:
    """Naughty strings in every field that a screen shows; the run they are about."""
    name_everybody(account, admin, instance)
    name_connections(account, admin, instance)
    return fill_the_copy(account, admin)


def name_everybody(account: SalesAccount, admin: User, instance: MarketoInstance) -> None:
    User.objects.filter(pk=admin.pk).update(name=IMAGE, is_superuser=True, is_ops_staff=True)
    SalesAccount.objects.update(name=SCRIPT, original_user=admin)
    MarketoInstance.objects.update(name=IMAGE, account=account)
    for number, text in enumerate([*NAUGHTY, IMAGE, SCRIPT]):
        user = make_member(account, f"m{number}@acme.example", Role.USER).user
        User.objects.filter(pk=user.pk).update(name=text)
        account.teams.create(name=f"{number}{text}"[:100]).members.add(user.member)
        later = timezone.now() + timedelta(days=7)
        Invitation.objects.create(account=account, email=f"i{number}@acme.example", name=text, expires_at=later)
        MarketoAdmin.objects.create(instance=instance, email=f"a{number}@x.example", first_name=text, last_name=text)
        record(account=account, actor=admin, action=AccountAction.TEAM_RENAMED, target=text, name=text)
    MarketoAdmin.objects.create(instance=instance, email=admin.email, first_name=SCRIPT)
    CsvUpload.objects.create(
        account=account, uploaded_by=admin, data=f"email,{SCRIPT}\na@b.example,{SCRIPT}\n{SCRIPT}".encode()
    )


def name_connections(account: SalesAccount, admin: User, instance: MarketoInstance) -> None:
    keys = {name: getattr(instance, name) for name in ("munchkin_id", "endpoint", "client_id", "client_secret")}
    marketo = MarketoConnection.objects.create(account=account, owner=admin, **keys)
    MarketoAccess.objects.create(connection=marketo, member=admin.member, workspace_id=1, workspace_name=SCRIPT)
    org = {"org_id": "00DHs0000000001MAA", "org_name": SCRIPT, "username": IMAGE, "is_sandbox": False}
    Salesforce.objects.create(account=account, connected_by=admin, **org)
    for service in ("marketo", "salesforce"):
        answer = {"code": SCRIPT, "operation": IMAGE, "names": SCRIPT, "last_seen_at": timezone.now()}
        ApiFailure.objects.create(account=account, service=service, **answer)


def fill_the_copy(account: SalesAccount, admin: User) -> SyncRun:
    now = timezone.now()
    common = {"account": account, "salesforce_type": "Lead", "owner_id": "005x", "changed_at": now}
    Person.objects.bulk_create(
        Person(marketo_id=number, **common, **dict.fromkeys(TEXTS, text))
        for number, text in enumerate([*NAUGHTY, IMAGE, SCRIPT], 1)
    )
    SyncRun.objects.create(account=account, status=RunStatus.SUCCEEDED, finished_at=now, people=len(NAUGHTY) + 2)
    run = SyncRun.objects.create(
        account=account, status=RunStatus.FAILED, failure="list_gone", failure_params={"list": SCRIPT}, list_id=1,
        list_name=IMAGE, started_by=admin, started_at=now, finished_at=now,
    )  # fmt: skip
    extract = Extract.objects.create(run=run, source=Source.MARKETO_PEOPLE, last_problem=SCRIPT, rows_rejected=2)
    for line, text in enumerate((SCRIPT, IMAGE), 1):
        RejectedRow.objects.create(extract=extract, line=line, reason="nul_character", text=text)
    Cursor.objects.create(account=account, stream=Source.SALESFORCE_CHANGES, since=now)
    return run


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, naughty: SyncRun, client_of: ClientOf) -> Iterator[Page]:
    """Of the admin of that account."""
    context = browser.new_context(locale="en-US")
    cookie = client_of(User.objects.get(email="admin@acme.example")).cookies["msi-session"].value
    context.add_cookies([{"name": "msi-session", "value": cookie, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_no_screen_runs_what_a_stranger_wrote(
    page: Page, live_server: LiveServer, naughty: SyncRun, account: SalesAccount
) -> None:
    """Security statement 41: no dialog, no complaint of the browser's policy, and no element that is not ours."""
    complaints: list[str] = []
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    page.on("console", lambda said: complaints.append(f"{page.url} {said.text}") if said.type in LOUD else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    team, upload, member = account.teams.last(), CsvUpload.objects.get(), Member.objects.for_account(account).last()
    assert team
    assert member
    ours = {"/settings/admin/teams/1/": f"/settings/admin/teams/{team.pk}/"}
    ours |= {f"/ops/sync/1/{part}": f"/ops/sync/{naughty.pk}/{part}" for part in ("", "people/")}
    ours |= {"/settings/admin/users/1/second-factors/": f"/settings/admin/users/{member.pk}/second-factors/"}
    shown = 0
    for screen in [*(ours.get(one, one) for one in SCREENS), f"/settings/admin/users/invite-csv/{upload.pk}/"]:
        page.goto(live_server.url + screen)
        assert page.locator("[onerror], img[src='x']").count() == 0, screen
        assert page.locator("script:not([src])").count() == 0, screen
        shown += "alert(1)" in page.locator("body").inner_text()
    assert complaints == []
    assert shown > 15
    page.goto(f"{live_server.url}/settings/people/")
    expect(page.get_by_role("table").get_by_text(SCRIPT).first).to_be_visible()
