"""Who uses the connection to Marketo, and how it goes from one admin to the next without a gap."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.permissions import Role
from connections.asking import asking
from connections.models import MarketoAccess, MarketoConnection
from marketo_instances.audit_actions import InstanceAction
from rights.audit_actions import RightsAction
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.factories import make_member
from tests.pages import text_of

PAGE = "/settings/admin/marketo/"
TAKE_OVER = "/settings/admin/marketo/take-over/"
ACCESS = "/settings/admin/marketo/user-access/"
REMOVE = "/settings/admin/marketo/user-access/{}/remove/"
DISABLED_CONNECT = 'disabled aria-describedby="why-not">Connect</button>'
EU = "2"


@pytest.fixture
def second_admin(account: SalesAccount) -> Member:
    return make_member(account, "second@acme.example", Role.ADMIN)


def grant(connection: MarketoConnection, member: Member) -> MarketoAccess:
    return MarketoAccess.objects.create(
        connection=connection, member=member, workspace_id=1, workspace_name="Default", granted_by=connection.owner
    )


def test_access_is_granted_in_a_workspace_that_marketo_names(
    marketo_connection: MarketoConnection, member: User, second_admin: Member, client_of: ClientOf
) -> None:
    browser = client_of(marketo_connection.owner)
    page = text_of(browser.get(ACCESS))
    assert '<option value="1" selected>Default</option>' in page
    assert "AllZones" not in page
    chosen = {"member": [member.member.pk, second_admin.pk], "workspace": EU}
    assert "2 people can use Marketo now." in text_of(browser.post(ACCESS, chosen, follow=True))
    assert set(MarketoAccess.objects.values_list("member__user__email", "workspace_name")) == {
        ("seller@acme.example", "EU"),
        ("second@acme.example", "EU"),
    }
    assert AuditEvent.objects.filter(action=RightsAction.MARKETO_ACCESS_GRANTED, target="seller@acme.example").exists()


def test_an_account_asks_for_workspaces_in_few_threads(
    marketo_connection: MarketoConnection, client_of: ClientOf
) -> None:
    """Security statement 15: a Marketo that hangs kept as many threads of the web as somebody had loaded the page."""
    browser = client_of(marketo_connection.owner)
    workspaces = "marketo-workspaces", marketo_connection.account_id
    with asking(*workspaces), asking(*workspaces, places=2):
        assert "This is being done already." in text_of(browser.get(ACCESS))
    assert "This is being done already." not in text_of(browser.get(ACCESS))


def test_the_workspace_is_set_once_and_changed_by_removing(
    marketo_connection: MarketoConnection, member: User, client_of: ClientOf
) -> None:
    access = grant(marketo_connection, member.member)
    browser = client_of(marketo_connection.owner)
    chosen = {"member": [member.member.pk], "workspace": EU}
    assert "nobody was chosen" in text_of(browser.post(ACCESS, chosen))
    assert MarketoAccess.objects.get().workspace_name == "Default"
    browser.post(REMOVE.format(access.pk))
    assert AuditEvent.objects.filter(action=RightsAction.MARKETO_ACCESS_REMOVED, target="seller@acme.example").exists()
    browser.post(ACCESS, chosen)
    assert MarketoAccess.objects.get().workspace_name == "EU"


@pytest.mark.parametrize("workspace", ["0", "77", "", "EU"])
def test_a_workspace_marketo_does_not_have_is_refused(
    marketo_connection: MarketoConnection, member: User, client_of: ClientOf, workspace: str
) -> None:
    browser = client_of(marketo_connection.owner)
    page = text_of(browser.post(ACCESS, {"member": [member.member.pk], "workspace": workspace}))
    assert "Marketo has no such workspace" in page
    assert not MarketoAccess.objects.exists()


def test_nobody_of_another_account_is_granted_or_removed(
    marketo_connection: MarketoConnection, member: User, stranger: User, client_of: ClientOf
) -> None:
    access = grant(marketo_connection, member.member)
    client_of(stranger).post(REMOVE.format(access.pk))
    assert MarketoAccess.objects.exists()
    client_of(marketo_connection.owner).post(ACCESS, {"member": [stranger.member.pk, "x", "9" * 5000], "workspace": EU})
    assert MarketoAccess.objects.get() == access


def test_a_new_connection_asks_for_ten_minutes(marketo_connection: MarketoConnection, client_of: ClientOf) -> None:
    browser = client_of(marketo_connection.owner)
    connected_at = timezone.now() - timedelta(minutes=3)
    MarketoConnection.objects.update(connected_at=connected_at)
    until = date_format(localtime(connected_at + timedelta(minutes=10)), "TIME_FORMAT")
    assert f"may need ten minutes before it lets people in; wait until {until}" in text_of(browser.get(ACCESS))
    MarketoConnection.objects.update(connected_at=timezone.now() - timedelta(minutes=11))
    assert "may need ten minutes" not in text_of(browser.get(ACCESS))


def test_the_page_says_why_there_are_no_workspaces(
    marketo_connection: MarketoConnection, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/userservice", "kind": "status:503"})
    page = text_of(client_of(marketo_connection.owner).get(ACCESS))
    assert "Marketo is busy or in maintenance." in page
    assert "Owner of the connection" in page


def test_without_a_connection_there_is_nothing_to_grant(admin: User, member: User, client_of: ClientOf) -> None:
    browser = client_of(admin)
    assert "The Sales account is not connected to Marketo" in text_of(browser.get(ACCESS))
    assert "not connected" in text_of(browser.post(ACCESS, {"member": [member.member.pk], "workspace": EU}))


def test_each_admin_sees_the_button_that_is_theirs(
    marketo_connection: MarketoConnection, second_admin: Member, client_of: ClientOf
) -> None:
    owner, other = client_of(marketo_connection.owner), client_of(second_admin.user)
    assert "To hand over" in text_of(owner.get(PAGE))
    assert f'href="{TAKE_OVER}"' in text_of(other.get(PAGE))
    grant(marketo_connection, second_admin)
    page = text_of(other.get(PAGE))
    assert DISABLED_CONNECT in page
    assert "first ask an Admin to remove you there" in page


def test_the_connection_goes_from_one_admin_to_the_next_and_is_never_gone(
    marketo_connection: MarketoConnection, second_admin: Member, member: User, client_of: ClientOf
) -> None:
    kept = grant(marketo_connection, member.member)
    old_owner, browser = marketo_connection.owner, client_of(second_admin.user)
    assert "stays connected all the time" in text_of(browser.get(TAKE_OVER))
    assert MarketoConnection.objects.get().owner == old_owner
    assert "You are the owner of the connection." in text_of(browser.post(TAKE_OVER, follow=True))
    taken = MarketoConnection.objects.get()
    assert (taken.pk, taken.owner, taken.status) == (marketo_connection.pk, second_admin.user, "connected")
    assert taken.connected_at == marketo_connection.connected_at
    assert MarketoAccess.objects.get() == kept
    event = AuditEvent.objects.get(action=InstanceAction.MARKETO_TAKEN_OVER)
    assert (event.actor, event.details["owner_was"]) == (second_admin.user, old_owner.email)


def test_who_was_granted_access_must_lose_it_before_taking_over(
    marketo_connection: MarketoConnection, second_admin: Member, client_of: ClientOf
) -> None:
    access, browser = grant(marketo_connection, second_admin), client_of(second_admin.user)
    assert "so you cannot become its owner" in text_of(browser.post(TAKE_OVER))
    client_of(marketo_connection.owner).post(REMOVE.format(access.pk))
    browser.post(TAKE_OVER)
    assert MarketoConnection.objects.get().owner == second_admin.user


def test_a_connection_that_does_not_answer_is_not_taken_over(
    marketo_connection: MarketoConnection, second_admin: Member, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/identity/oauth/token", "kind": "reset"})
    assert "Marketo did not answer in time." in text_of(client_of(second_admin.user).post(TAKE_OVER))
    assert MarketoConnection.objects.get().owner == marketo_connection.owner


def test_disconnecting_ends_everybody_s_access(
    marketo_connection: MarketoConnection, member: User, client_of: ClientOf
) -> None:
    grant(marketo_connection, member.member)
    client_of(marketo_connection.owner).post("/settings/admin/marketo/disconnect/")
    assert not MarketoAccess.objects.exists()
