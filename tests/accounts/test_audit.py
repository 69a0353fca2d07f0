"""The audit trail: every action has a sentence, and an admin finds, pages and exports the entries."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import translation

from accounts import services
from accounts.audit import SENTENCES, sentence_of
from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from members.services import change_role
from tests.conftest import ClientOf
from tests.pages import rows_of, source_of, text_of
from tests.signing_in import sign_in

AUDIT = "/settings/admin/audit/"
# The function that records, and one that only passes the action on.
RECORDS = re.compile(r"(\brecord|\brecord_own|\b_queue)$")
ROOMS = ("accounts", "connections", "sync", "invitations", "guide")


def recorded_actions() -> set[str]:
    """The constants that the rooms pass to `record` as `action`, also by way of another function."""
    files = (path for room in ROOMS for path in Path(settings.BASE_DIR, room).rglob("*.py"))
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_text())))
    calls = (node for node in nodes if isinstance(node, ast.Call) and RECORDS.search(ast.unparse(node.func)))
    actions = (word.value for call in calls for word in call.keywords if word.arg == "action")
    parts = (part for action in actions for part in ast.walk(action) if isinstance(part, ast.Constant))
    return {str(part.value) for part in parts}


def export(browser: Client, query: str = "") -> list[list[str]]:
    return rows_of(browser.get(f"{AUDIT}export/{query}"))


def test_every_action_has_a_sentence() -> None:
    assert len(recorded_actions()) > 20
    assert not recorded_actions() - set(SENTENCES)


def test_a_sentence_names_ways_to_sign_in(account: SalesAccount, admin: User) -> None:
    services.record(account=account, actor=admin, action="signed_in", methods=["socialaccount", "mfa"])
    assert sentence_of(AuditEvent.objects.get()) == "Signed in (Salesforce, second factor)"


def test_a_sentence_names_roles_and_people(admin: User, member: User) -> None:
    change_role(member=member.member, role=Role.SALESFORCE_ADMIN, changed_by=admin)
    assert sentence_of(AuditEvent.objects.get()) == (
        "Changed the role of seller@acme.example from User to Salesforce admin"
    )


def test_a_team_called_like_a_setting_keeps_its_name(account: SalesAccount, admin: User) -> None:
    team = services.create_team(account=account, name="North", created_by=admin)
    services.rename_team(team=team, name="all", renamed_by=admin)
    assert sentence_of(AuditEvent.objects.get(action="team_renamed")) == "Renamed the team North to all"


def test_a_failed_sign_in_is_nobodys_doing(browser: Client, admin: User) -> None:
    sign_in(Client(), admin.email, "Wrong-Passw0rd!")
    page = text_of(browser.get(AUDIT))
    assert f"Somebody tried to sign in as {admin.email}" in page
    assert "The console" not in page


@pytest.mark.parametrize("action", [*SENTENCES, "from_an_older_version"])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_an_entry_without_details_can_still_be_read(action: str, language: str) -> None:
    with translation.override(language):
        assert sentence_of(AuditEvent(action=action, target="x"))


def test_an_admin_sees_who_did_what(browser: Client, admin: User) -> None:
    browser.post("/settings/admin/teams/", {"name": "<b>North"})
    page = source_of(browser.get(AUDIT))
    assert "Created the team &lt;b&gt;North" in page
    assert admin.email in page
    assert "127.0.0.1" in page


def test_person_action_and_days_narrow_it(browser: Client, account: SalesAccount, admin: User, member: User) -> None:
    services.record(account=account, actor=admin, action="team_created", target="North")
    with time_machine.travel(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)):
        services.record(account=account, actor=member, action="team_created", target="South")
    services.record(account=account, actor=admin, action="team_removed", target="West")
    User.objects.update(time_zone="Europe/Stockholm")

    def found(**query: str) -> set[str]:
        page = text_of(browser.get(AUDIT, query))
        return {name for name in ("North", "South", "West") if f"the team {name}" in page}

    assert found(person="SELLER") == {"South"}
    assert found(action="team_removed") == {"West"}
    assert found(first_day="2026-03-02", last_day="2026-03-02") == {"South"}
    assert found(last_day="2026-03-01") == set()
    assert found(first_day="soon") == set()


def test_pages_by_key(browser: Client, account: SalesAccount, admin: User) -> None:
    for number in range(60):
        services.record(account=account, actor=admin, action="team_created", target=f"T{number:02}")
    first = text_of(browser.get(AUDIT, {"action": "team_created"}))
    assert "the team T59" in first
    assert "the team T09" not in first
    oldest = AuditEvent.objects.get(target="T10").pk
    assert f"?action=team_created&before={oldest}" in first
    second = text_of(browser.get(AUDIT, {"action": "team_created", "before": str(oldest)}))
    assert "the team T09" in second
    assert "the team T10" not in second
    newest = AuditEvent.objects.get(target="T09").pk
    assert f"?action=team_created&after={newest}" in second
    assert "the team T59" in text_of(browser.get(AUDIT, {"action": "team_created", "after": str(newest)}))


def test_the_export_is_safe_in_a_spreadsheet_and_audited(browser: Client, account: SalesAccount, admin: User) -> None:
    """Security statement 31: what somebody typed is not run as a formula."""
    for name in ('=HYPERLINK("x")', "+1", "-1", "@x", "\tx", 'a,"b"\nc'):
        services.record(account=account, actor=admin, action="step_asked", target=name)
    rows = export(browser, "?action=step_asked")
    assert [row[4] for row in reversed(rows[1:])] == ['\'=HYPERLINK("x")', "'+1", "'-1", "'@x", "'\tx", 'a,"b"\nc']
    assert AuditEvent.objects.order_by("-pk")[0].action == "audit_exported"


def test_nobody_sees_the_trail_of_another_account(
    browser: Client, admin: User, stranger: User, client_of: ClientOf
) -> None:
    browser.post("/settings/admin/teams/", {"name": "North"})
    other = client_of(stranger)
    assert "North" not in text_of(other.get(AUDIT))
    assert "North" not in str(export(other))
