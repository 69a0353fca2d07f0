"""The audit trail: every action has a sentence, and an admin finds, pages and exports the entries."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts import services
from accounts.audit import action_choices, register, sentence_of
from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from invitations.audit_actions import InvitationAction
from members.services import change_role
from sync.audit_actions import SyncAction
from tests.addresses import ROOMS
from tests.conftest import ClientOf
from tests.factories import make_run
from tests.pages import rows_of, source_of, text_of
from tests.signing_in import sign_in

AUDIT = "/settings/admin/audit/"


def export(browser: Client, query: str = "") -> list[list[str]]:
    return rows_of(browser.get(f"{AUDIT}export/{query}"))


CODES = [code for code, _ in action_choices()]


def test_every_action_says_its_room_and_is_declared_once() -> None:
    assert len(CODES) > 40
    assert {code.partition(".")[0] for code in CODES} == ROOMS - {"people", "operations"} | {"sign_in", "msi_admin"}
    with pytest.raises(ValueError, match=r"declared twice: .*accounts\.signed_in"):
        register(AccountAction)


def test_a_sentence_names_ways_to_sign_in(account: SalesAccount, admin: User) -> None:
    services.record(account=account, actor=admin, action=AccountAction.SIGNED_IN, methods=["socialaccount", "mfa"])
    assert sentence_of(AuditEvent.objects.get()) == "Signed in (Salesforce, second factor)"


def test_a_sentence_names_roles_and_people(admin: User, member: User) -> None:
    change_role(member=member.member, role=Role.SALESFORCE_ADMIN, changed_by=admin)
    assert sentence_of(AuditEvent.objects.get()) == (
        "Changed the role of seller@acme.example from User to Salesforce admin"
    )


KEPT = [
    ("salesforce_package.item_ticked", "The 15 activity fields exist", {}, "Bockade av ”De 15 aktivitetsfälten finns”"),
    ("sync.started", "Full sync, run 7", {}, "Startade datasynkroniseringen Fullständig synkronisering, körning 7"),
    ("sync.person_viewed", "1007", {}, "Tittade på personen 1007 i Marketo"),
    ("notifications.channel_added", "Email", {}, "Lade till kanalen E-post för aviseringar"),
    ("notifications.channel_added", "Slack a.example", {}, "Lade till kanalen Slack a.example för aviseringar"),
    (
        "api.token_made",
        "People",
        {"scopes": ["diagnostics.read", "a.b"], "until": "2027-02-27"},
        "Skapade API-token People (Misslyckade anrop till Marketo och Salesforce, a.b), giltig till 27 februari 2027",
    ),
    ("accounts.team_created", "People", {}, "Skapade teamet People"),
]


@pytest.mark.parametrize(("action", "target", "details", "sentence"), KEPT)
def test_what_is_kept_in_english_or_as_a_code_is_read_in_the_readers_words(
    action: str, target: str, details: dict[str, object], sentence: str
) -> None:
    with translation.override("sv"):
        assert sentence_of(AuditEvent(action=action, target=target, details=details)).startswith(sentence)


def test_what_somebody_did_in_swedish_is_kept_as_it_is_called_in_english(account: SalesAccount, admin: User) -> None:
    run = make_run(account)
    with translation.override("sv"):
        services.record(account=account, actor=admin, action=SyncAction.STARTED, target=run)
    assert AuditEvent.objects.get().target.startswith(f"Full sync, run {run.pk}")


def test_a_team_called_like_a_setting_keeps_its_name(account: SalesAccount, admin: User) -> None:
    team = services.create_team(account=account, name="North", created_by=admin)
    services.rename_team(team=team, name="all", renamed_by=admin)
    assert sentence_of(AuditEvent.objects.get(action=AccountAction.TEAM_RENAMED)) == "Renamed the team North to all"


def test_a_failed_sign_in_is_nobodys_doing(browser: Client, admin: User) -> None:
    sign_in(Client(), admin.email, "Wrong-Passw0rd!")
    page = text_of(browser.get(AUDIT))
    assert f"Somebody tried to sign in as {admin.email}" in page
    assert "The console" not in page


@pytest.mark.parametrize("action", [*CODES, "from_an_older_version"])
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
    services.record(account=account, actor=admin, action=AccountAction.TEAM_CREATED, target="North")
    with time_machine.travel(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)):
        services.record(account=account, actor=member, action=AccountAction.TEAM_CREATED, target="South")
    services.record(account=account, actor=admin, action=AccountAction.TEAM_REMOVED, target="West")
    User.objects.update(time_zone="Europe/Stockholm")

    def found(**query: str) -> set[str]:
        page = text_of(browser.get(AUDIT, query))
        return {name for name in ("North", "South", "West") if f"the team {name}" in page}

    assert found(person="SELLER") == {"South"}
    assert found(action=AccountAction.TEAM_REMOVED) == {"West"}
    assert found(first_day="2026-03-02", last_day="2026-03-02") == {"South"}
    assert found(last_day="2026-03-01") == set()
    assert found(first_day="soon") == set()


def test_pages_by_key(browser: Client, account: SalesAccount, admin: User) -> None:
    for number in range(60):
        services.record(account=account, actor=admin, action=AccountAction.TEAM_CREATED, target=f"T{number:02}")
    first = text_of(browser.get(AUDIT, {"action": AccountAction.TEAM_CREATED}))
    assert "the team T59" in first
    assert "the team T09" not in first
    oldest = AuditEvent.objects.get(target="T10").pk
    assert f"?action=accounts.team_created&before={oldest}" in first
    second = text_of(browser.get(AUDIT, {"action": AccountAction.TEAM_CREATED, "before": str(oldest)}))
    assert "the team T09" in second
    assert "the team T10" not in second
    newest = AuditEvent.objects.get(target="T09").pk
    assert f"?action=accounts.team_created&after={newest}" in second
    assert "the team T59" in text_of(browser.get(AUDIT, {"action": AccountAction.TEAM_CREATED, "after": str(newest)}))


def test_the_export_is_safe_in_a_spreadsheet_and_audited(browser: Client, account: SalesAccount, admin: User) -> None:
    """Security statement 31: what somebody typed is not run as a formula."""
    for name in ('=HYPERLINK("x")', "+1", "-1", "@x", "\tx", 'a,"b"\nc'):
        services.record(account=account, actor=admin, action=InvitationAction.STEP_ASKED, target=name)
    rows = export(browser, "?action=invitations.step_asked")
    assert [row[4] for row in reversed(rows[1:])] == ['\'=HYPERLINK("x")', "'+1", "'-1", "'@x", "'\tx", 'a,"b"\nc']
    assert AuditEvent.objects.order_by("-pk")[0].action == AccountAction.AUDIT_EXPORTED


def test_nobody_sees_the_trail_of_another_account(
    browser: Client, admin: User, stranger: User, client_of: ClientOf
) -> None:
    browser.post("/settings/admin/teams/", {"name": "North"})
    other = client_of(stranger)
    assert "North" not in text_of(other.get(AUDIT))
    assert "North" not in str(export(other))
