"""The Setup guide: each step's state follows from facts, and everybody is offered what they can do."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.audit_actions import AccountAction
from accounts.models import SalesAccount, User
from accounts.permissions import Role
from accounts.services import record
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from guide.overview import Overview, overview_of
from guide.setup_state import setup_state_for
from guide.status import latest_events
from guide.steps import Step, StepState, steps_for
from invitations.models import Invitation
from marketo_instances.connecting import disconnect_marketo
from problems.codes import ProblemCode
from salesforce_orgs.services import disconnect_salesforce
from salesforce_package.audit_actions import PackageAction
from salesforce_package.items.checklist import SECTIONS
from salesforce_package.models import PackageCheck
from salesforce_package.org import Finding, State
from sync.models import RunKind, SyncRun
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import (
    make_extract,
    make_instance,
    make_invitation,
    make_marketo_admin,
    make_member,
    make_run,
    make_salesforce_connection,
    make_user,
)
from tests.guide.conftest import ORG_ID
from tests.pages import text_of


def steps_of(user: User) -> list[Step]:
    facts = setup_state_for(user, getattr(user, "member", None))
    assert facts
    return steps_for(facts)


def states(user: User) -> str:
    """One letter a step: d(one), n(ext), t(odo), p(roblem)."""
    return "".join(step.state[0] for step in steps_of(user))


def test_before_step_1_a_marketo_admin_is_offered_the_invitation(marketo_admin: User) -> None:
    first, *others = steps_of(marketo_admin)
    assert first.state == StepState.NEXT
    assert first.action
    assert not any(step.action for step in others)


def test_an_accepted_invitation_opens_the_connections(account_of_instance: SalesAccount, admin: User) -> None:
    assert states(admin) == "dnttttt"
    assert [step.number for step in steps_of(admin) if step.action] == [2, 3, 5]


def test_both_connections_open_the_data_sync_for_marketo_admins_only(connected: SalesAccount, admin: User) -> None:
    make_marketo_admin(connected.marketo_instance, admin.email)
    assert states(admin) == "dddnttt"
    other = make_member(connected, "other@acme.example", Role.ADMIN).user
    fourth = steps_of(other)[3]
    assert (fourth.state, fourth.action) == (StepState.TODO, None)


def test_a_broken_connection_shows_its_problem_and_who_can_mend_it(connected: SalesAccount, admin: User) -> None:
    MarketoConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.MARKETO_CREDENTIALS)
    third = steps_of(admin)[2]
    assert third.state == StepState.PROBLEM
    assert third.problem
    assert third.problem.who
    assert third.action
    assert third.action.label == "Fix"


def test_a_finished_sync_is_a_fact_with_its_count(connected: SalesAccount, admin: User) -> None:
    run = make_run(connected, RunStatus.SUCCEEDED, people=8123, finished_at=datetime(2026, 11, 22, tzinfo=UTC))
    fourth = steps_of(admin)[3]
    assert fourth.state == StepState.DONE
    assert "8,123 people" in fourth.fact
    assert fourth.action
    assert fourth.action.url == run.get_absolute_url()


def test_a_first_sync_that_failed_is_a_problem(connected: SalesAccount, admin: User) -> None:
    make_run(connected, RunStatus.FAILED)
    assert steps_of(admin)[3].state == StepState.PROBLEM


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (RunStatus.CANCELLED, "The last sync was cancelled and changed nothing."),
        (RunStatus.DISCARDED, "The last sync was discarded and changed nothing."),
    ],
)
def test_a_first_sync_that_somebody_stopped_is_still_to_be_done(
    connected: SalesAccount, admin: User, status: RunStatus, sentence: str
) -> None:
    """Nothing has failed: the step offers the sync."""
    make_marketo_admin(connected.marketo_instance, admin.email)
    make_run(connected, status)
    fourth = steps_of(admin)[3]
    assert (fourth.state, fourth.fact) == (StepState.NEXT, sentence)
    assert fourth.action
    assert fourth.action.url == reverse("sync:preview")


def test_a_sync_that_failed_before_a_held_one_was_approved_is_no_later_one(
    connected: SalesAccount, admin: User
) -> None:
    finished = datetime(2026, 11, 22, tzinfo=UTC)
    make_run(connected, RunStatus.SUCCEEDED, people=8123, finished_at=finished)
    make_run(connected, RunStatus.FAILED, finished_at=finished - timedelta(hours=1))
    assert "failed" not in steps_of(admin)[3].fact


def test_a_later_sync_that_failed_is_told_beside_the_people_that_are_there(
    connected: SalesAccount, admin: User
) -> None:
    finished = datetime(2026, 11, 22, tzinfo=UTC)
    make_run(connected, RunStatus.SUCCEEDED, people=8123, finished_at=finished)
    make_run(connected, RunStatus.FAILED, finished_at=finished + timedelta(hours=1))
    fact = steps_of(admin)[3].fact
    assert "8,123 people" in fact
    assert "A later sync failed" in fact


def test_an_undo_is_no_sync(connected: SalesAccount, admin: User, client_of: ClientOf) -> None:
    """It counts the people, and has read neither system."""
    make_marketo_admin(connected.marketo_instance, admin.email)
    now = timezone.now()
    make_run(connected, RunStatus.SUCCEEDED, people=8123, finished_at=now - timedelta(days=3))
    make_run(connected, RunStatus.SUCCEEDED, kind=RunKind.UNDO, people=8124, finished_at=now)
    day = date_format(now - timedelta(days=3), "DATE_FORMAT")
    assert steps_of(admin)[3].fact == f"8,124 people in the Sales account; last sync {day}."
    browser = client_of(admin)
    for address in ("people:people", "guide:actions_config"):
        page = text_of(browser.get(reverse(address)))
        assert re.search(r"8,?124", page), address
        assert "3 days ago" in page, address


def test_a_paused_sync_is_not_called_running(connected: SalesAccount, admin: User) -> None:
    make_run(connected, RunStatus.EXTRACTING, paused_at=datetime(2026, 11, 22, tzinfo=UTC))
    assert "paused" in steps_of(admin)[3].fact


def test_people_who_are_there_are_not_forgotten_with_the_connection(connected: SalesAccount, admin: User) -> None:
    finished = datetime(2026, 11, 22, tzinfo=UTC)
    make_run(connected, RunStatus.SUCCEEDED, people=8123, finished_at=finished)
    MarketoConnection.objects.all().delete()
    assert "8,123 people" in steps_of(admin)[3].fact


def test_after_a_disconnect_everybody_sees_who_ended_what_and_when(
    connected: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    """Nothing else is forgotten with the connection: what was found in the org stays as it was last seen."""
    make_run(connected, RunStatus.SUCCEEDED, people=8123)
    found = {"package_version": asdict(Finding(State.MISSING, "version", {"version": "1.8000.0.0"}))}
    PackageCheck.objects.create(account=connected, org_id=ORG_ID, results=found, checked_at=timezone.now())
    disconnect_salesforce(account=connected, by=admin)
    ended = rf"Disconnected from Acme Inc by {admin}, .+, \d\d:\d\d\."
    second, *_others, sixth, seventh = steps_of(admin)[1:]
    assert re.search(f"{ended} Data sync stands still.$", second.fact)
    assert (second.state, second.is_reached) == (StepState.PROBLEM, True)
    assert sixth.fact == "Last seen: Version 1.8000.0.0 found."
    assert seventh.fact.startswith("Last seen: 0 of ")
    for address in ("/", "/settings/admin/salesforce/", "/settings/integrations/diagnostics/"):
        assert re.search(ended, text_of(client_of(admin).get(address))), address


def test_a_disconnect_from_marketo_is_told_too(connected: SalesAccount, admin: User) -> None:
    """Before the first sync there is nothing that stands still: the step is open."""
    disconnect_marketo(account=connected, by=admin)
    third = steps_of(admin)[2]
    assert third.fact.startswith(f"Disconnected from Marketo 123-ABC-456 by {admin}, ")
    assert (third.state, third.is_reached) == (StepState.NEXT, False)


def test_whoever_was_asked_for_the_salesforce_steps_is_no_invited_user(
    account_of_instance: SalesAccount, admin: User, salesforce_admin: User
) -> None:
    assert steps_of(admin)[4].state == StepState.TODO
    make_member(account_of_instance, "eva@acme.example", Role.USER)
    assert steps_of(admin)[4].state == StepState.DONE


def test_a_salesforce_admin_sees_all_steps_but_acts_on_2_6_and_7(
    connected: SalesAccount, salesforce_admin: User
) -> None:
    assert [step.number for step in steps_of(salesforce_admin) if step.action] == [2, 6, 7]
    assert not any(step.can_ask for step in steps_of(salesforce_admin))


def test_admins_may_ask_a_salesforce_admin_for_open_steps(connected: SalesAccount, admin: User) -> None:
    """One mail for both that are left; step 7 alone once step 6 is done."""
    assert [step.number for step in steps_of(admin) if step.can_ask] == [6]
    finding = asdict(Finding(State.DONE, "installed"))
    results = {item.key: finding for section in SECTIONS if section.step == 6 for item in section.items}
    org_id = SalesforceConnection.objects.get(account=connected).org_id
    PackageCheck.objects.create(account=connected, org_id=org_id, results=results, checked_at=timezone.now())
    assert [step.number for step in steps_of(admin) if step.can_ask] == [7]


def test_whoever_was_asked_is_waited_for(connected: SalesAccount, admin: User, client_of: ClientOf) -> None:
    """The page no longer tells to do what is done; who else could be asked stays open."""
    make_member(connected, "eva@acme.example", Role.USER)
    make_run(connected, people=7)
    browser = client_of(admin)
    assert 'btn-primary" href="/ask-a-salesforce-admin/6/"' in text_of(browser.get("/"))
    make_invitation(connected, "crm@acme.example", role=Role.SALESFORCE_ADMIN)
    page = text_of(browser.get("/"))
    assert "Waiting for crm@acme.example." in page
    assert 'class="btn btn-lg" href="/ask-a-salesforce-admin/6/"' in page
    assert "Ask again" in page


def test_a_user_only_looks(connected: SalesAccount, member: User) -> None:
    assert not any(step.action for step in steps_of(member))


def test_a_user_is_shown_their_own_part(connected: SalesAccount, member: User, client_of: ClientOf) -> None:
    page = text_of(client_of(member).get("/"))
    assert "Your part" in page
    assert f'href="{reverse("connections:own_salesforce")}">Connect' in page


def test_people_without_account_are_told_what_to_do(client_of: ClientOf, db: None) -> None:
    page = client_of(make_user("nobody@nowhere.example")).get("/")
    assert "You are not in a Sales account yet" in page.content.decode()


def test_ops_staff_start_at_the_overview(ops: User, client_of: ClientOf) -> None:
    assert client_of(ops).get("/")["Location"] == "/ops/"


def test_the_page_takes_the_same_queries_whatever_the_size(
    connected: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    browser = client_of(admin)
    browser.get("/")
    with CaptureQueriesContext(
        connection,
    ) as before:
        browser.get("/")
    for number in range(5):
        make_member(connected, f"user{number}@acme.example", Role.USER)
        make_run(connected, RunStatus.SUCCEEDED)
    with CaptureQueriesContext(connection) as after:
        browser.get("/")
    assert len(after) == len(before)


def test_ticks_after_one_another_are_one_line_of_the_feed(account: SalesAccount, admin: User) -> None:
    def tick(*titles: str, by: User = admin) -> None:
        for title in titles:
            record(account=account, actor=by, action=PackageAction.ITEM_TICKED, target=title)

    tick("Governor limits")
    record(account=account, actor=admin, action=AccountAction.TEAM_CREATED, target="North")
    tick("One", "Two", "Three")
    tick("Four", by=make_member(account).user)
    assert [sentence for _event, sentence in latest_events(account)] == [
        "Ticked “Four” in the Salesforce package",
        "Ticked 3 items of the Salesforce package",
        "Created the team North",
        "Ticked “Governor limits” in the Salesforce package",
    ]


def test_asking_is_for_the_steps_a_salesforce_admin_can_do(
    account_of_instance: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    browser = client_of(admin)
    assert browser.get("/ask-a-salesforce-admin/6/").status_code == 200
    assert browser.get("/ask-a-salesforce-admin/4/").status_code == 404
    page = browser.post("/ask-a-salesforce-admin/6/", {"email": "crm@acme.example"}, follow=True)
    assert "crm@acme.example gets a mail that asks for steps 6 and 7." in page.content.decode()
    assert account_of_instance.invitations.get().role == Role.SALESFORCE_ADMIN


def test_a_member_who_works_in_another_instance_is_led_back_to_their_own(
    connected: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    other = make_instance("999-ZZZ-999")
    make_marketo_admin(other, admin.email, chosen_at=datetime(2026, 11, 22, tzinfo=UTC))
    assert [step.number for step in steps_of(admin) if step.action] == [2, 3, 5, 6, 7]
    own = connected.marketo_instance
    make_marketo_admin(own, admin.email)
    assert [step.number for step in steps_of(admin) if step.action] == [1, 2, 3, 4, 5, 6, 7]
    browser = client_of(admin)
    assert f'name="instance" value="{own.pk}"' in browser.get("/").content.decode()
    page = browser.post("/marketo/instance/", {"instance": own.pk}, follow=True).content.decode()
    assert own.munchkin_id in page
    assert 'action="/marketo/instance/"' not in browser.get("/").content.decode()


def test_what_was_reached_stays_reached_when_a_connection_breaks(connected: SalesAccount, admin: User) -> None:
    """The step shows the trouble, and no other step falls back."""
    make_run(connected, RunStatus.SUCCEEDED, people=8123, finished_at=datetime(2026, 11, 22, tzinfo=UTC))
    before = overview(admin)
    MarketoConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.MARKETO_CREDENTIALS)
    after = overview(admin)
    assert (before.reached, after.reached) == (4, 4)
    assert states(admin) == "ddpdnt" + states(admin)[-1]
    assert after.focus
    assert after.focus.number == 3


def overview(user: User) -> Overview:
    facts = setup_state_for(user, getattr(user, "member", None))
    assert facts
    return overview_of(facts)


def test_each_persona_has_a_lane_of_their_own(
    connected: SalesAccount, admin: User, salesforce_admin: User, member: User
) -> None:
    own = {user.email: [step.number for step in overview(user).mine] for user in (admin, salesforce_admin, member)}
    assert own == {admin.email: [1, 2, 3, 4, 5], salesforce_admin.email: [2, 6, 7], member.email: []}
    assert overview(salesforce_admin).focus == steps_of(salesforce_admin)[5]


def test_the_missing_connection_is_named(account_of_instance: SalesAccount, admin: User) -> None:
    assert steps_of(admin)[3].fact == "Needs steps 2 and 3."
    make_salesforce_connection(account_of_instance)
    assert steps_of(admin)[3].fact == "Needs step 3."


def test_a_sync_that_waits_is_not_called_running(connected: SalesAccount, admin: User) -> None:
    run = make_run(connected, RunStatus.EXTRACTING)
    make_extract(run, waiting_reason="marketo_quota", due_at=datetime(2026, 11, 29, 6, 3, tzinfo=UTC))
    fact = steps_of(admin)[3].fact
    assert "running" not in fact
    assert "29 November 2026, 06:03 UTC" in fact


def test_seats_are_counted_as_in_user_management(
    account_of_instance: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    make_invitation(account_of_instance)
    assert steps_of(admin)[4].fact == "2 of 100 seats taken, 1 of them by an open invitation."
    assert "2 of 100 seats" in client_of(admin).get("/settings/admin/users/").content.decode()


def test_a_finished_set_up_becomes_a_status_page(complete: SalesAccount, admin: User, client_of: ClientOf) -> None:
    page = client_of(admin).get("/").content.decode()
    assert "Everything is set up" in page
    assert "Changes in 24 hours: 2,042, at most 2,042 in one hour." in page
    assert "People changed" not in page, "a person who changes twice is counted twice"
    assert "7 of 7 done" in page


def test_what_is_under_way_is_not_asked_for(connected: SalesAccount, admin: User) -> None:
    """The first sync runs: nothing is to be done about it, and step 5 is open."""
    run = make_run(connected, RunStatus.EXTRACTING)
    assert overview(admin).focus == steps_of(admin)[4]
    assert "step 5" in overview(admin).lead
    SyncRun.objects.filter(pk=run.pk).update(paused_at=datetime(2026, 11, 29, tzinfo=UTC))
    assert overview(admin).focus == steps_of(admin)[3], "somebody must press Resume"


def test_addresses_of_people_who_were_asked_are_shown_to_who_may_ask(
    connected: SalesAccount, admin: User, member: User, client_of: ClientOf
) -> None:
    make_invitation(connected, email="asked@example.com", role=Role.SALESFORCE_ADMIN)
    page = reverse("guide:setup")
    assert "asked@example.com" in client_of(admin).get(page).text
    assert "asked@example.com" not in client_of(member).get(page).text


def test_an_invitation_that_is_out_is_not_asked_for_again(
    marketo_admin: User, linked_instance: MarketoInstance, account: SalesAccount
) -> None:
    make_invitation(account, purpose=Invitation.Purpose.FIRST_ADMIN)
    focus = overview(marketo_admin).focus
    assert focus is None or focus.number != 1
