"""Why is this person (not) here?"""

from typing import Any

import pytest
from django.test import Client

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from people.why import ask
from sandbox.testing import SandboxProcess
from sync import services
from sync.models import Person
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_people, make_run
from tests.pages import text_of
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.conftest import Sync

WHY = "/ops/sync/why/"
pytestmark = pytest.mark.usefixtures("connected")


def verdict_on(browser: Client, text: int | str) -> str:
    """Of the one person whom the text means, or what the search says instead."""
    found = browser.post(WHY, {"q": text})
    return text_of(browser.get(found["Location"], {"ask": 1}) if found.status_code == 302 else found)


@pytest.mark.usefixtures("young_company")
@pytest.mark.django_db(transaction=True)
def test_the_page_judges_as_the_merge_does(sync: Sync, connected: SalesAccount) -> None:
    """Every kind of person is among the first hundred."""
    run = sync()
    live = set(Person.objects.for_account(connected).live().values_list("marketo_id", flat=True))
    reasons = set()
    for number in range(1, 41):
        found = ask(connected, number)
        reasons.add(found.reason)
        assert (not found.reason) == (number in live) == found.is_in_copy
    assert len(reasons) > 2
    assert reasons <= {None, *run.skipped}


@pytest.mark.django_db
def test_the_rule_is_told_in_words(browser: Client, sandbox: SandboxProcess) -> None:
    queue = sandbox.post("/_sandbox/people", {"action": "create", "kind": "queue_lead"})["ids"][0]
    missing = sandbox.post("/_sandbox/people", {"action": "create", "kind": "marketo_only"})["ids"][0]
    deleted = sandbox.post("/_sandbox/people", {"action": "create", "kind": "deleted_contact"})["ids"][0]
    assert "a queue owns" in verdict_on(browser, queue)
    assert "no lead or contact in Salesforce" in verdict_on(browser, missing)
    assert "was deleted in Salesforce" in verdict_on(browser, deleted)


@pytest.mark.django_db
def test_people_are_found_by_address_and_by_salesforce_id(browser: Client, sandbox: SandboxProcess) -> None:
    fields = {"firstName": "Nova", "lastName": "Ek", "email": "nova.ek@why.example"}
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "fields": fields})
    page = browser.post(WHY, {"q": "nova.ek@why.example"}, follow=True)
    ((address, _status),) = page.redirect_chain
    assert address == f"/settings/people/{page.context['marketo_id']}/"
    asked = browser.get(address, {"ask": 1})
    assert "arrives with the first one" in asked.content.decode()
    assert browser.post(WHY, {"q": asked.context["found"].decision.record["Id"]})["Location"] == address


@pytest.mark.django_db
@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": "x"}])
def test_somebody_without_a_number_is_nobody(browser: Client, answers: AlteredAnswers, odd: dict[str, object]) -> None:
    answers.alter(r"/leads\.json", lambda answer, _request: answer | {"result": [odd]})
    assert "Neither Marketo nor the copy" in verdict_on(browser, "nova.ek@why.example")


@pytest.mark.django_db
def test_of_several_each_is_a_link(browser: Client, connected: SalesAccount, sandbox: SandboxProcess) -> None:
    body = {"action": "create", "kind": "lead", "count": 2, "fields": {"email": "nova.ek@why.example"}}
    people = sandbox.post("/_sandbox/people", body)["ids"]
    page = text_of(browser.post(WHY, {"q": "nova.ek@why.example"}))
    assert all(f'href="/settings/people/{person}/"' in page for person in people)


@pytest.mark.django_db
def test_whoever_watches_over_another_account_is_led_to_its_people(
    connected: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    make_people(connected, first_id=999_999, last_name="Ek")
    found = client_of(ops).post(WHY, {"q": "999999", "account": connected.slug})
    assert found["Location"] == f"/ops/accounts/{connected.slug}/people/999999/"
    assert "Neither Marketo nor the copy" in verdict_on(client_of(ops), 999_998)


@pytest.mark.django_db
def test_somebody_whom_marketo_no_longer_has_is_still_explained(browser: Client, connected: SalesAccount) -> None:
    gone: dict[str, Any] = {"removed_at": connected.created_at, "removed_reason": "deleted_in_marketo"}
    make_people(connected, first_id=999_999, last_name="Ek", **gone)
    assert "Marketo no longer has this person" in verdict_on(browser, 999_999)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["Anna", "00Q' OR Id != '", "%", "1" * 300, "a\0@b"])
def test_what_is_no_address_and_no_id_is_explained(browser: Client, text: str) -> None:
    page = browser.post(WHY, {"q": text})
    assert page.status_code == 200
    assert not page.context.get("found")


@pytest.mark.django_db
def test_nobody_is_asked_without_a_connection(
    browser: Client, marketo_connection: MarketoConnection, salesforce_connection: SalesforceConnection
) -> None:
    salesforce_connection.delete()
    assert "not connected to Salesforce" in verdict_on(browser, 1)


@pytest.mark.django_db
def test_a_refusal_of_marketo_is_explained(browser: Client, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": r"leads\.json", "kind": "marketo:603"})
    assert "lacks a permission" in verdict_on(browser, 1)


@pytest.mark.usefixtures("young_company")
@pytest.mark.django_db
def test_a_chosen_list_that_marketo_no_longer_has_is_named(browser: Client, connected: SalesAccount) -> None:
    make_run(connected, RunStatus.SUCCEEDED, list_id=9999, list_name="Nordic")
    assert "Marketo no longer has the list Nordic" in text_of(browser.get("/settings/people/1/", {"ask": 1}))


@pytest.mark.django_db
def test_only_ops_staff_choose_among_accounts(
    connected: SalesAccount, stranger: User, ops: User, client_of: ClientOf
) -> None:
    chosen = client_of(ops).get(WHY, {"account": connected.slug})
    assert chosen.context["account"] == connected
    assert len(chosen.context["accounts"]) == 2
    other = client_of(stranger).post(WHY, {"account": connected.slug, "q": "1"})
    assert other.context["account"] == stranger.member.account
    assert not other.context.get("found")


@pytest.mark.django_db
def test_what_is_typed_never_stands_in_an_address(browser: Client, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "fields": {"email": "nova.ek@why.example"}})
    page = browser.get(WHY, {"q": "nova.ek@why.example"})
    assert not page.context.get("found")
    assert 'method="post"' in page.content.decode()


@pytest.mark.django_db
def test_a_connection_lost_while_the_page_is_made_is_explained(
    browser: Client, marketo_connection: MarketoConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody disconnects between the first look at the connection and the first call."""
    monkeypatch.setattr(services, "connection_problem", lambda _account: "")
    marketo_connection.delete()
    assert "not connected to Marketo" in verdict_on(browser, 1)
