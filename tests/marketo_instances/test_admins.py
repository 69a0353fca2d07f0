"""The list of Marketo admins: one unreadable role, other roles, and many users in the background."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, SalesAccount, User
from clients.marketo.client import MarketoClient
from connections.asking import asking
from connections.models import AdminReading, MarketoAdmin, MarketoInstance
from connections.turns import MINUTES, turn_of, turn_of_instance
from marketo_instances import admins as service
from marketo_instances import tasks
from marketo_instances.admins import marketo_admins, read_on, refresh_marketo_admins
from marketo_instances.audit_actions import InstanceAction
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_user, with_password
from tests.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("young_company")]

PAGE = "/marketo/sales-insight/actions-config/"
ADMINS = {"marketo-admin@demo.example", "maria.lind@acme.example", "jonas.berg@acme.example"}


def emails(instance: MarketoInstance) -> set[str]:
    return set(MarketoAdmin.objects.of_instance(instance).values_list("email", flat=True))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the instance had more users than anybody waits for."""
    monkeypatch.setattr(service, "IN_ONE_GO", 1)
    monkeypatch.setattr(service, "A_STEP", 2)


def test_one_role_that_cannot_be_read_does_not_fail_the_list(
    instance: MarketoInstance, sandbox: SandboxProcess
) -> None:
    make_marketo_admin(instance, "maria.lind@acme.example", marketo_user_id="maria")
    sandbox.post("/_sandbox/faults", {"path": ".*maria.lind.*/roles.json", "kind": "status:404"})
    refresh_marketo_admins(instance)
    assert emails(instance) == ADMINS, "whose roles are not told stays what they were"


def test_one_reads_the_list_while_others_see_the_old_one(
    instance: MarketoInstance, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    """Security statement 15: a Marketo that hangs kept as many threads of the web as somebody had loaded the page."""
    sandbox.delete("/_sandbox/calls")
    with asking("marketo-admins", instance.account_id, of=instance.pk):
        page = text_of(client_of(marketo_admin).get(PAGE + "admins/"))
    assert (marketo_admin.email in page, sandbox.get("/_sandbox/calls")) == (True, [])
    assert emails(instance) == {marketo_admin.email}


def test_other_roles_can_be_named(
    instance: MarketoInstance, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/switches", {"other_admin_roles": True})
    assert len(marketo_admins(instance)) == len(emails(instance))
    before = emails(instance)
    browser = client_of(with_password(marketo_admin))
    roles = " Marketing Operations Admin ,, Marketing Operations Admin"
    assert "being read again" in text_of(browser.post(PAGE + "admins/roles/", {"roles": roles}, follow=True))
    instance.refresh_from_db()
    assert instance.admin_roles == ["Marketing Operations Admin"]
    marketo_admins(instance)
    assert emails(instance) > before
    event = AuditEvent.objects.get(action=InstanceAction.ADMIN_ROLES_CHANGED)
    assert event.target == "Admin, Marketing Operations Admin"


@pytest.mark.usefixtures("many")
def test_many_users_are_read_a_few_at_a_time_and_on_from_where_it_stood(
    instance: MarketoInstance, sandbox: SandboxProcess, marketo_admin: User, client_of: ClientOf
) -> None:
    refresh_marketo_admins(instance)
    reading = AdminReading.objects.get()
    assert (reading.done, emails(instance)) == (0, {marketo_admin.email})
    assert f"0 of {reading.total}" in text_of(client_of(marketo_admin).get(PAGE + "admins/"))
    read_on(reading.pk)
    sandbox.delete("/_sandbox/calls")
    sandbox.post("/_sandbox/faults", {"path": ".*/roles.json", "kind": "status:503", "count": 1})
    read_on(reading.pk)
    reading.refresh_from_db()
    assert reading.done == 2, "trouble that passes: the same again"
    for _step in range(reading.total):
        read_on(reading.pk)
    assert emails(instance) == ADMINS
    assert not AdminReading.objects.exists()
    asked = [call["path"] for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("/roles.json")]
    assert len(asked) == reading.total - 2 + 1, "nobody is asked about twice, but for the one that failed"


@pytest.mark.usefixtures("many", "tasks_run_at_once")
def test_beat_goes_on_with_what_is_on_its_way(instance: MarketoInstance) -> None:
    refresh_marketo_admins(instance)
    for _half_minute in range(AdminReading.objects.get().total):
        tasks.read_admins()
    assert emails(instance) == ADMINS


@pytest.mark.usefixtures("tasks_run_at_once")
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_former_admin_is_out_within_a_day_whoever_opens_the_page(
    instance: MarketoInstance, account: SalesAccount, client_of: ClientOf, is_linked: bool
) -> None:
    """Security statement 35: it was read for whoever opened a page to which nobody comes back after the set-up."""
    former = make_user("former@acme.example")
    make_marketo_admin(instance, former.email, marketo_user_id="former")
    linked = account if is_linked else None
    MarketoInstance.objects.update(admins_read_at=timezone.now() - 2 * service.KEPT_FOR, account=linked)
    assert client_of(former).get(PAGE).status_code == 200
    with time_machine.travel(timezone.now().replace(minute=instance.pk % MINUTES), tick=True):
        tasks.renew_admins()
    assert client_of(former).get(PAGE).status_code == 404
    assert emails(instance) == ADMINS


@pytest.mark.parametrize("is_long", [False, True])
@pytest.mark.parametrize(
    "odd",
    [
        {"firstName": "L" * 300, "lastName": "Y\0"},
        {"emailAddress": f"{'l' * 300}@acme.example"},
        {"userid": "l" * 300},
        {"userid": "l\0", "emailAddress": "l\0ynn@acme.example"},
        {"userid": "l\ud800", "emailAddress": "l\ud800@acme.example", "firstName": "\ud800"},
    ],
)
def test_nobody_keeps_a_former_admin_in_by_an_odd_user_in_marketo(
    instance: MarketoInstance, monkeypatch: pytest.MonkeyPatch, odd: dict[str, str], is_long: bool
) -> None:
    """Security statement 35: an admin who is about to leave makes one there, by which no list was ever kept again."""
    monkeypatch.setattr(service, "IN_ONE_GO", 1 if is_long else 100)
    user_records, roles_of = MarketoClient._user_records, MarketoClient.roles_of

    def records(client: MarketoClient, *, api_only: bool) -> Iterator[dict[str, Any]]:
        yield from user_records(client, api_only=api_only)
        yield {"userid": "lynn", "emailAddress": "lynn@acme.example", "firstName": "", "lastName": ""} | odd

    def roles(client: MarketoClient, user_id: str) -> set[str]:
        return {"Admin"} if user_id.startswith("l") else roles_of(client, user_id)

    monkeypatch.setattr(MarketoClient, "_user_records", records)
    monkeypatch.setattr(MarketoClient, "roles_of", roles)
    make_marketo_admin(instance, "former@acme.example", marketo_user_id="former")
    refresh_marketo_admins(instance)
    for reading in AdminReading.objects.all():
        for _ in range(100):
            read_on(reading.pk)
    assert emails(instance) - {"lynn@acme.example", "l?@acme.example"} == ADMINS


@pytest.mark.parametrize("trouble", ["silent", "never_told"])
def test_a_list_that_marketo_does_not_tell_stays(
    instance: MarketoInstance, sandbox: SandboxProcess, trouble: str
) -> None:
    before = emails(instance)
    if trouble == "silent":
        before.add(make_marketo_admin(instance, "maria.lind@acme.example", marketo_user_id="maria").email)
        sandbox.post("/_sandbox/faults", {"path": ".*/users.*", "kind": "status:404"})
    sandbox.delete("/_sandbox/calls")
    tasks.renew_admins_of(instance.pk)
    assert emails(instance) == before
    assert bool(sandbox.get("/_sandbox/calls")) == (trouble == "silent")


@pytest.mark.usefixtures("many")
def test_a_reading_that_is_replaced_meanwhile_does_not_come_back(
    instance: MarketoInstance, marketo_admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_marketo_admins(instance)
    roles_of = MarketoClient.roles_of

    def other_roles(client: MarketoClient, user_id: str) -> set[str]:
        service.set_admin_roles(instance=instance, roles=["Marketer"], by=marketo_admin)
        return roles_of(client, user_id)

    monkeypatch.setattr(MarketoClient, "roles_of", other_roles)
    read_on(AdminReading.objects.get().pk)
    assert not AdminReading.objects.exists()
    monkeypatch.setattr(service, "A_STEP", 1_000)
    refresh_marketo_admins(instance)
    read_on(AdminReading.objects.get().pk)
    assert emails(instance) == {marketo_admin.email}, "what was found by the roles of before is not kept"


@pytest.mark.usefixtures("many", "tasks_run_at_once")
def test_nobody_found_ends_the_reading_and_the_page_says_so_until_the_next(
    instance: MarketoInstance, sandbox: SandboxProcess, marketo_admin: User, client_of: ClientOf
) -> None:
    """It began again with every visit, and nobody was told why the list stayed as it was."""
    sandbox.post("/_sandbox/faults", {"path": ".*/roles.json", "kind": "status:404"})
    refresh_marketo_admins(instance)
    for _half_minute in range(AdminReading.objects.get().total):
        tasks.read_admins()
    sandbox.delete("/_sandbox/calls")
    page = text_of(client_of(marketo_admin).get(PAGE + "admins/"))
    assert "Marketo returned no admins" in page
    assert (sandbox.get("/_sandbox/calls"), AdminReading.objects.count()) == ([], 0)
    sandbox.delete("/_sandbox/faults")
    refresh_marketo_admins(instance)
    assert "Marketo returned no admins" not in text_of(client_of(marketo_admin).get(PAGE + "admins/"))


@pytest.mark.usefixtures("many")
def test_a_reading_that_takes_a_day_is_given_up(instance: MarketoInstance) -> None:
    refresh_marketo_admins(instance)
    AdminReading.objects.update(started_at=timezone.now() - service.KEPT_FOR)
    tasks.read_admins_on(AdminReading.objects.get().pk)
    assert not AdminReading.objects.exists()


@pytest.mark.usefixtures("many")
def test_a_reading_leaves_the_turn_of_its_account_to_others(linked_instance: MarketoInstance) -> None:
    refresh_marketo_admins(linked_instance)
    reading = AdminReading.objects.get()
    with turn_of(reading.instance.account_id or 0):
        tasks.read_admins_on(reading.pk)
    assert AdminReading.objects.get().done == 0
    tasks.read_admins_on(reading.pk)
    assert AdminReading.objects.get().done == 2


@pytest.mark.usefixtures("many")
def test_an_instance_without_an_account_is_read_by_one_worker(instance: MarketoInstance) -> None:
    """A step of fifteen slow answers outlasts the lock of a reading: the second worker took the same step."""
    refresh_marketo_admins(instance)
    reading = AdminReading.objects.get()
    with turn_of_instance(instance.pk):
        tasks.read_admins_on(reading.pk)
    assert AdminReading.objects.get().done == 0
    tasks.read_admins_on(reading.pk)
    assert AdminReading.objects.get().done == 2


@pytest.mark.usefixtures("many")
def test_the_page_does_not_begin_again_what_is_on_its_way(instance: MarketoInstance, sandbox: SandboxProcess) -> None:
    marketo_admins(instance)
    sandbox.delete("/_sandbox/calls")
    marketo_admins(instance)
    assert sandbox.get("/_sandbox/calls") == []


def test_only_marketo_admins_name_roles(client: Client, instance: MarketoInstance) -> None:
    assert client.post(PAGE + "admins/roles/", {"roles": "Standard User"})["Location"].startswith("/accounts/login/")
    assert MarketoInstance.objects.get().admin_roles == []
