"""Marketo's Admin > Sales Insight > Actions Config: step 1."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import AuditEvent, SalesAccount, User
from connections.models import MarketoInstance, SalesforceConnection
from guide.audit_actions import GuideAction
from invitations.models import Invitation
from invitations.tasks import send_invitation
from problems.codes import ProblemCode
from sandbox.testing import SandboxProcess
from sync.models import RunKind, Source, SyncRun
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import (
    make_cursor,
    make_extract,
    make_marketo_admin,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
    with_password,
)
from tests.pages import text_of
from tests.signing_in import let_sign_in_age

PAGE = "/marketo/sales-insight/actions-config/"


@pytest.fixture
def browser(marketo_admin: User, client_of: ClientOf) -> Client:
    return client_of(with_password(marketo_admin))


def test_credentials_are_blank_before_the_first_invitation(browser: Client) -> None:
    page = text_of(browser.get(PAGE))
    assert page.count("Appears after the first invitation") == 2
    assert "sandbox-client-id" not in page
    browser.post(PAGE + "credentials/")
    assert not AuditEvent.objects.filter(action=GuideAction.MARKETO_SECRET_SHOWN).exists()


def test_the_pick_list_holds_marketos_admins(browser: Client) -> None:
    fragment = text_of(browser.get(PAGE + "admins/"))
    assert "maria.lind@acme.example" in fragment
    assert "ops@demo.example" not in fragment
    assert "read now" in fragment


def test_a_marketo_that_does_not_answer_is_explained_and_the_list_kept(
    browser: Client, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/userservice/.*", "kind": "status:503", "count": 50})
    fragment = text_of(browser.get(PAGE + "admins/"))
    assert "marketo-admin@demo.example" in fragment
    assert "Who can do it:" in fragment


def test_without_access_users_the_address_of_the_first_admin_is_typed(
    browser: Client, sandbox: SandboxProcess, instance: MarketoInstance
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/userservice/.*", "kind": "marketo:603"})
    assert "Email address of the first admin" in text_of(browser.get(PAGE + "admins/"))
    for typed, answer in (("", "This field is required"), ("not mail", "is not an email address")):
        assert answer in text_of(browser.post(PAGE + "invite-by-address/", {"email": typed}, follow=True))
    page = browser.post(PAGE + "invite-by-address/", {"email": "Frida@ACME.example"}, follow=True)
    assert "Invitation sent to frida@acme.example" in text_of(page)
    assert (Invitation.objects.get().email, Invitation.objects.get().role) == ("frida@acme.example", "admin")
    assert not instance.admins.filter(email="frida@acme.example").exists(), "the Marketo pages stay with its admins"


def test_typing_an_address_asks_for_a_fresh_sign_in(browser: Client) -> None:
    let_sign_in_age(browser)
    answer = browser.post(PAGE + "invite-by-address/", {"email": "frida@acme.example"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not Invitation.objects.exists()


@pytest.fixture
def send_invite(
    browser: Client, instance: MarketoInstance, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Callable[[], Any]:
    def press() -> Any:
        with django_capture_on_commit_callbacks():
            return browser.post(PAGE + "send-invite/", {"admin": "marketo-admin@demo.example"}, follow=True)

    return press


def test_send_invite_creates_the_account_and_shows_the_credentials(
    send_invite: Callable[[], Any], instance: MarketoInstance
) -> None:
    page = text_of(send_invite())
    instance.refresh_from_db()
    assert instance.account is not None
    assert "Invitation sent to marketo-admin@demo.example" in page
    assert "sandbox-client-id" in page
    assert "sandbox-client-secret" not in page
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.account) == ("admin", instance.account)
    send_invitation.apply((invitation.pk,))
    assert "/invitations/" in mail.outbox[0].body


def test_send_invite_pressed_twice_sends_one_invitation(send_invite: Callable[[], Any]) -> None:
    send_invite()
    assert "is invited already. Press Send again" in text_of(send_invite())
    assert Invitation.objects.count() == 1


def test_who_is_invited_loses_the_invitation_to_somebody_else_with_notice(
    browser: Client, send_invite: Callable[[], Any]
) -> None:
    send_invite()
    assert "cancels the invitation of marketo-admin@demo.example" in text_of(browser.get(PAGE + "?ask=1"))


def test_send_invite_without_a_choice_says_what_to_do(browser: Client) -> None:
    assert "Choose the Marketo admin to invite" in text_of(browser.post(PAGE + "send-invite/", follow=True))


def test_the_client_secret_is_shown_on_request_only_and_that_is_audited(
    browser: Client, send_invite: Callable[[], Any]
) -> None:
    send_invite()
    assert "sandbox-client-secret" in text_of(browser.post(PAGE + "credentials/"))
    assert "sandbox-client-secret" not in text_of(browser.get(PAGE))
    # The language switch comes back to the address of the post.
    assert browser.get(PAGE + "credentials/").headers["Location"] == PAGE
    assert AuditEvent.objects.filter(
        action=GuideAction.MARKETO_SECRET_SHOWN, actor_email="marketo-admin@demo.example"
    ).exists()


def test_an_active_account_names_its_original_user(
    browser: Client, account_of_instance: SalesAccount, admin: User
) -> None:
    page = text_of(browser.get(PAGE))
    assert f"{admin.email} · original user" in page
    assert "Send Invite" not in page


@pytest.mark.parametrize(
    ("switches", "verdict"),
    [
        ({}, "Marketo's API does not show whether your subscription includes Sales Insight Actions"),
        ({}, "Marketo and Salesforce are synced"),
        ({"salesforce_sync": False}, "Marketo is not synced with Salesforce"),
    ],
)
def test_prerequisites_are_asked_of_marketo_now(
    browser: Client, sandbox: SandboxProcess, switches: dict[str, bool], verdict: str
) -> None:
    sandbox.post("/_sandbox/switches", switches)
    assert verdict in text_of(browser.get(PAGE + "prerequisites/"))
    assert verdict in text_of(browser.get(PAGE + "?ask=1"))


def test_config_shows_the_addresses_that_the_package_page_looks_for(browser: Client) -> None:
    page = text_of(browser.get("/marketo/sales-insight/config/"))
    for host in ("https://123-abc-456.mktoapi.com", "https://123-abc-456.mktorest.com"):
        assert f"<code>{host}</code>" in page
    # The checklist says the same of the remote site for SOAP, which Adobe removed.
    assert "the Marketo Host only if something of yours still calls the SOAP API" in page


def test_the_guides_path_can_be_clicked_from_admin_on(browser: Client) -> None:
    """Admin, Sales Insight, then the tab Actions Config: each is a link to where the next one is."""
    page = text_of(browser.get(PAGE))
    assert f'<a href="{reverse("guide:admin")}">Admin</a>' in page
    assert f'<a href="{reverse("guide:config")}">Sales Insight</a>' in text_of(browser.get(reverse("guide:admin")))
    assert f'<a href="{PAGE}">Actions Config</a>' in text_of(browser.get(reverse("guide:config")))


@pytest.fixture
def synced_once(account_of_instance: SalesAccount) -> SalesAccount:
    """Connected; a full run has brought people, and one of changes has found nothing."""
    make_marketo_connection(account_of_instance)
    make_salesforce_connection(account_of_instance)
    make_run(account_of_instance, RunStatus.SUCCEEDED, people=8123)
    make_run(account_of_instance, RunStatus.SUCCEEDED, kind=RunKind.INCREMENTAL, people=8123)
    make_cursor(account_of_instance)
    return account_of_instance


def test_a_dry_run_is_what_one_opens_and_the_figures_stay(browser: Client, synced_once: SalesAccount) -> None:
    run = make_run(synced_once, RunStatus.PREVIEWED)
    page = text_of(browser.get(PAGE))
    assert f'<a class="btn btn-primary" href="{run.get_absolute_url()}">Open the dry run</a>' in page
    assert page.count("btn-primary") == 1
    assert ">8,123<" in page


def test_an_account_that_stands_still_says_for_which_connection(
    browser: Client, synced_once: SalesAccount, admin: User
) -> None:
    """And what has to be done, by whom, as the page of the connection says it."""
    make_marketo_admin(synced_once.marketo_instance, admin.email)
    SalesforceConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.SALESFORCE_APP_BLOCKED)
    page = text_of(browser.get(PAGE))
    assert "Stopped: Salesforce is not connected" in page
    assert "Succeeded" not in page
    assert "find the app and press Unblock" in page
    assert "An Admin of the Sales account must connect it again" not in page
    diagnostics = f'href="{reverse("diagnostics:diagnostics")}"'
    assert diagnostics not in page, "the reader is no member"
    browser.force_login(admin)
    assert diagnostics in text_of(browser.get(PAGE))


def test_what_comes_before_the_start_folds_after_it(browser: Client, synced_once: SalesAccount) -> None:
    """Marketo is asked when somebody unfolds it; without scripts nothing says for ever that it is being asked."""
    page = text_of(browser.get(PAGE))
    assert '<details class="card fold needs-scripts"><summary>' in page
    assert 'hx-trigger="toggle from:closest details once"' in page


def test_a_chart_of_no_changes_is_left_out(browser: Client, synced_once: SalesAccount) -> None:
    assert "Changes per run" not in text_of(browser.get(PAGE))
    run = SyncRun.objects.get(kind=RunKind.INCREMENTAL)
    make_extract(run, Source.SALESFORCE_CHANGES, rows_loaded=7)
    assert "At most 7 changes in one run" in text_of(browser.get(PAGE))


def test_a_sync_that_waits_says_why_and_until_when(
    browser: Client, account_of_instance: SalesAccount, account: SalesAccount
) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    make_extract(run, waiting_reason="marketo_quota", due_at=datetime(2026, 11, 29, 6, 3, tzinfo=UTC))
    page = text_of(browser.get(PAGE))
    assert "Waiting" in page
    assert "It continues automatically: 29 November 2026, 06:03 UTC." in page
