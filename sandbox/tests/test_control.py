"""The control API, its pages, the mailbox and the faults."""

import smtplib
from email.message import EmailMessage

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo

DESCRIBE = "/rest/v1/leads/describe.json"


def send_mail(sandbox: SandboxProcess) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "console@demo.example", "Åsa <asa@demo.example>", "Välkommen, Åsa"
    mail.set_content("Open https://demo.example/accept?a=1&b=2.")
    mail.add_alternative('<p>Hi <a href="https://demo.example/accept?a=1&amp;b=2">Åsa</a></p>', subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=10) as connection:
        connection.send_message(mail)


def test_state_counts_agree_with_each_other(sandbox: SandboxProcess) -> None:
    state = sandbox.get("/_sandbox/state")
    assert sum(state["expected"].values()) == state["people"]
    assert all(count > 0 for count in state["expected"].values())
    assert all(count > 0 for count in state["salesforce"].values())


def test_calls_are_listed_with_their_faults_and_without_queries(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    sandbox.delete("/_sandbox/calls")
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "status:502", "nth": 2})
    statuses = [marketo.send("GET", DESCRIBE, params={"secret": "s"}).status_code for _ in range(3)]
    calls = sandbox.get("/_sandbox/calls")
    assert statuses == [200, 502, 200] == [call["status"] for call in calls]
    assert [call["fault"] for call in calls] == ["", "status:502", ""]
    assert {call["path"] for call in calls} == {DESCRIBE}


@pytest.mark.parametrize(("kind", "code"), [("marketo:608", "608"), ("marketo:1029", "1029")])
def test_envelope_faults(sandbox: SandboxProcess, kind: str, code: str) -> None:
    marketo = Marketo(sandbox.url)
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": kind, "count": 1})
    assert marketo.error(DESCRIBE) == code
    assert marketo.get(DESCRIBE)["success"]


def test_faults_of_the_connection(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "reset", "count": 1})
    with pytest.raises(requests.ConnectionError):
        marketo.get(DESCRIBE)
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "truncate", "count": 1, "after_bytes": 10})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        marketo.get(DESCRIBE)
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "stall", "count": 1})
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url + DESCRIBE, headers={"Authorization": f"Bearer {marketo.token}"}, timeout=0.3)
    assert marketo.get(DESCRIBE)["success"]


def test_probability_repeats_with_its_seed(sandbox: SandboxProcess) -> None:
    marketo, runs = Marketo(sandbox.url), []
    for _ in range(2):
        sandbox.post("/_sandbox/faults", {"path": "lead/1", "kind": "status:500", "probability": 0.5, "seed": 3})
        runs.append([marketo.send("GET", "/rest/v1/lead/1.json").status_code for _ in range(20)])
        sandbox.delete("/_sandbox/faults")
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"path": "x", "kind": "nonsense"}),
        ("faults", {"path": "(", "kind": "reset"}),
        ("faults", {"path": "x", "kind": "reset", "count": "many"}),
        ("switches", {"nonsense": 1}),
        ("switches", {"actions_enabled": "perhaps"}),
        ("switches", {"export_seconds": "long"}),
        ("people", {"action": "nonsense"}),
        ("people", {"action": "change", "id": 1}),
        ("people", {"action": "change", "id": 1, "fields": {"nonsense": 1}}),
        ("people", {"action": "delete", "ids": [999_999_999]}),
        ("people", {"action": "create", "kind": "nonsense"}),
        ("people", {"action": "reown", "id": 1, "owner": "nonsense"}),
        ("clock", {"set": "whenever"}),
        ("clock", {"advance_seconds": "many"}),
        ("salesforce", {"action": "nonsense"}),
    ],
)
def test_bad_control_calls_are_told_why(sandbox: SandboxProcess, path: str, body: dict[str, object]) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/{path}", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_clock_can_be_set_and_advanced(sandbox: SandboxProcess) -> None:
    now = sandbox.get("/_sandbox/state")["now"]
    assert sandbox.post("/_sandbox/clock", {"set": "2031-01-02T03:04:05Z"})["now"].startswith("2031-01-02T03:04:05")
    assert sandbox.post("/_sandbox/clock", {"advance_seconds": 3_600})["now"].startswith("2031-01-02T04:04")
    sandbox.post("/_sandbox/clock", {"set": now})


def test_mail_is_kept_with_its_parts_and_links(sandbox: SandboxProcess) -> None:
    send_mail(sandbox)
    message = sandbox.get("/_sandbox/mailbox")[0]
    assert message["to"] == ["asa@demo.example"]
    assert message["subject"] == "Välkommen, Åsa"
    assert message["links"] == ["https://demo.example/accept?a=1&b=2"]
    assert "Open https" in message["text"]
    assert "<p>Hi" in message["html"]
    sandbox.delete("/_sandbox/mailbox")
    assert sandbox.get("/_sandbox/mailbox") == []


def test_mailbox_pages_show_the_message_safely(sandbox: SandboxProcess) -> None:
    send_mail(sandbox)
    message_id = sandbox.get("/_sandbox/mailbox")[0]["id"]
    listed = requests.get(f"{sandbox.url}/_sandbox/mailbox/", timeout=10).text
    assert f"/_sandbox/mailbox/{message_id}" in listed
    assert "Välkommen" in listed
    assert "Demo-Passw0rd!" in listed
    assert "Salesforce admin: steps 6 and 7" in listed
    shown = requests.get(f"{sandbox.url}/_sandbox/mailbox/{message_id}", timeout=10).text
    assert 'sandbox="allow-top-navigation-by-user-activation"' in shown
    assert 'href="https://demo.example/accept?a=1&amp;b=2"' in shown
    assert "<p>Hi" not in shown
    assert requests.get(f"{sandbox.url}/_sandbox/mailbox/999999", timeout=10).status_code == 404


def test_console_shows_faults_and_the_package(sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "no/such/path", "kind": "reset"})
    page = requests.get(f"{sandbox.url}/_sandbox/", timeout=10).text
    assert "no/such/path" in page
    assert "not installed" in page
    assert "no/such/path" in requests.get(f"{sandbox.url}/_sandbox/faults/", timeout=10).text


def test_console_lists_calls_and_explains_switches(sandbox: SandboxProcess) -> None:
    Marketo(sandbox.url).get(DESCRIBE)
    assert DESCRIBE in requests.get(f"{sandbox.url}/_sandbox/calls/", timeout=10).text
    page = requests.get(f"{sandbox.url}/_sandbox/switches/", timeout=10).text
    assert "how long a Marketo bulk export stays in Processing" in page


def test_console_makes_people_and_faults(sandbox: SandboxProcess) -> None:
    def submit(page: str, **values: str) -> requests.Response:
        return requests.post(f"{sandbox.url}/_sandbox/{page}", data=values, timeout=10)

    people = sandbox.get("/_sandbox/state")["people"]
    assert submit("people", action="create", kind="lead", count="3").ok
    assert submit("people", action="delete", id=str(people + 1)).ok
    assert sandbox.get("/_sandbox/state")["people"] == people + 2
    page = submit("faults", kind="marketo:608", path="describe", count="", seconds="", after_bytes="").text
    assert "marketo:608" in page
    assert Marketo(sandbox.url).error(DESCRIBE) == "608"
    refused = submit("people", action="convert", id="nobody")
    assert (refused.status_code, "belong to nobody" in refused.text) == (400, True)


def test_console_switches_work_as_a_form(sandbox: SandboxProcess) -> None:
    page = requests.get(f"{sandbox.url}/", timeout=10)
    assert page.url.endswith("/_sandbox/")
    assert "Recent calls" in page.text
    answer = requests.post(f"{sandbox.url}/_sandbox/switches", data={"actions_enabled": "false"}, timeout=10)
    assert answer.url.endswith("/_sandbox/switches/")
    assert sandbox.get("/_sandbox/state")["switches"]["actions_enabled"] is False


def test_console_sets_up_salesforce_and_starts_over(sandbox: SandboxProcess) -> None:
    def submit(path: str, **values: str) -> requests.Response:
        return requests.post(f"{sandbox.url}/_sandbox/{path}", data=values, timeout=10)

    assert "Uninstall the package" in submit("salesforce", action="install_package").text
    page = submit("salesforce", action="add_field", object="Lead", name="Region__c", type="string").text
    assert "Custom fields of Lead: Region__c" in page
    refused = submit("salesforce", action="add_field", object="Lead", name="Region", type="string")
    assert refused.status_code == 400
    assert "The API name of a custom field ends in __c" in refused.text
    sandbox.post("/_sandbox/faults", {"path": "no/such/path", "kind": "reset"})
    assert "no/such/path" not in submit("faults/clear").text
    assert "not installed" in submit("reset", unused="").text
