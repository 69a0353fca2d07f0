"""The page that shows what a sync would read, and starts it."""

import re

import pytest

from accounts.models import SalesAccount, User
from clients.marketo.types import StaticList
from connections.asking import asking
from connections.models import MarketoInstance, SalesforceConnection
from pipeline import views
from sandbox.testing import SandboxProcess
from sync import services
from sync.engine.fields import SYNCED_FIELDS
from sync.models import SyncRun
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_run
from tests.pages import text_of
from tests.sync.conftest import PREVIEW, Sync


def test_the_preview_shows_fields_and_examples(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    answer = client_of(marketo_admin).get(PREVIEW)
    page = answer.content.decode()
    assert page.count('<th scope="row">') == len(SYNCED_FIELDS)
    assert "Salesforce opportunity ID" in page
    assert "Start Sync" in page
    assert answer.context["preview"].example_count == 3
    expected = sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert answer.context["preview"].forecast.people == pytest.approx(expected, rel=0.1)
    assert not SyncRun.objects.exists()


@pytest.mark.parametrize("is_synced", [False, True])
def test_examples_are_people_who_exist(
    sync: Sync,
    connected: SalesAccount,
    marketo_admin: User,
    client_of: ClientOf,
    sandbox: SandboxProcess,
    *,
    is_synced: bool,
) -> None:
    """In an old instance the first people were deleted or merged long ago."""
    sandbox.post("/_sandbox/switches", {"first_ids_gone": 300})
    newcomers = sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 40})["ids"]
    if is_synced:
        sync()
    answer = client_of(marketo_admin).get(PREVIEW)
    assert answer.context["preview"].example_count == 3
    ids = next(row for row in answer.context["preview"].fields if row.field.column == "marketo_id")
    assert set(ids.examples) <= set(newcomers)


def test_the_preview_expects_whom_the_last_run_let_in(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    """One figure: how many are in Salesforce and how many got in stood above each other as two."""
    make_run(connected, people=1553)
    make_run(connected, RunStatus.PREVIEWED, seen=2000, synced=1000, kept={"not_visible": 50})
    answer = client_of(marketo_admin).get(PREVIEW)
    assert answer.context["preview"].forecast.people == 1000
    page = text_of(answer)
    assert page.count(">1,000<") == 2, "the figure, and the last line of the funnel"
    assert "503 fewer than today" in page


def test_what_a_run_of_another_list_counted_is_no_forecast(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    make_run(connected, RunStatus.DISCARDED, seen=20, synced=7, list_id=1, list_name="Fair")
    answer = client_of(marketo_admin).get(PREVIEW)
    assert answer.context["preview"].forecast.people > 7
    assert "Who gets in" not in text_of(answer)


def test_start_sync_leads_to_the_run_and_a_second_press_too(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    browser = client_of(marketo_admin)
    first = browser.post(PREVIEW).headers["Location"]
    run = SyncRun.objects.get()
    assert first == run.get_absolute_url()
    assert run.started_by == marketo_admin
    assert browser.post(PREVIEW).headers["Location"] == first
    assert "already on its way" in browser.get(PREVIEW).content.decode()


def test_a_static_list_is_chosen_by_its_name(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    browser = client_of(marketo_admin)
    page = browser.post(PREVIEW, {"list": "Nowhere"}).content.decode()
    assert "no static list named Nowhere" in page
    assert re.search(r'<input [^>]*value="Nowhere"[^>]*aria-invalid="true"', page)
    assert "Fields that will be synced" in page
    assert not SyncRun.objects.exists()
    browser.post(PREVIEW, {"list": "Newsletter"})
    assert SyncRun.objects.get().list_name == "Newsletter"


def test_of_several_lists_of_one_name_a_person_chooses(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = [StaticList(1, "Twins", "Fair"), StaticList(2, "Twins")]
    monkeypatch.setattr(views, "find_lists", lambda _account, _name: twins)
    browser = client_of(marketo_admin)
    page = browser.post(PREVIEW, {"list": "Twins"}).content.decode()
    assert page.count('name="list_id"') == 2
    assert 'value="Twins"' in page
    assert "Fields that will be synced" in page
    assert not SyncRun.objects.exists()
    browser.post(PREVIEW, {"list": "Twins", "list_id": "2"})
    assert SyncRun.objects.get().list_id == 2


def test_without_an_account_the_first_invitation_comes_first(marketo_admin: User, client_of: ClientOf) -> None:
    answer = client_of(marketo_admin).post(PREVIEW, follow=True)
    assert "Send the first invitation first" in answer.content.decode()


def test_the_preview_names_a_missing_connection(
    linked_instance: MarketoInstance, marketo_admin: User, client_of: ClientOf
) -> None:
    assert "not connected to Salesforce" in client_of(marketo_admin).get(PREVIEW).content.decode()


def test_the_preview_explains_a_refusal_of_marketo(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "marketo:603"})
    assert "lacks a permission" in client_of(marketo_admin).get(PREVIEW).content.decode()


def test_two_previews_at_a_time_ask_once(connected: SalesAccount, marketo_admin: User, client_of: ClientOf) -> None:
    with asking("preview", connected.pk):
        assert "This is being done already" in client_of(marketo_admin).get(PREVIEW).content.decode()
    assert "Start Sync" in client_of(marketo_admin).get(PREVIEW).content.decode()


def test_an_account_looks_for_lists_in_few_threads(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    """Security statement 15: a Marketo that hangs kept five threads of the web."""
    lists = "lists", connected.pk
    with asking(*lists), asking(*lists, places=2):
        page = client_of(marketo_admin).post(PREVIEW, {"list": "no such list"})
    assert "This is being done already" in page.content.decode()


@pytest.mark.parametrize("service", ["Marketo", "Salesforce"])
def test_a_connection_lost_while_the_preview_is_made_is_explained(
    connected: SalesAccount,
    salesforce_connection: SalesforceConnection,
    marketo_admin: User,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
) -> None:
    """Somebody disconnects between the first look at the connection and the first call."""
    monkeypatch.setattr(services, "connection_problem", lambda _account: "")
    lost = connected.marketo_connection if service == "Marketo" else salesforce_connection
    lost.delete()
    assert f"not connected to {service}" in client_of(marketo_admin).get(PREVIEW).content.decode()


def test_a_list_is_not_looked_up_without_a_connection(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    connected.marketo_connection.delete()
    assert "not connected to Marketo" in client_of(marketo_admin).post(PREVIEW, {"list": "Newsletter"}).content.decode()
