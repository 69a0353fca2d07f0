"""Some people of an instance whose first ids have been deleted or merged long ago."""

import pytest

from clients.marketo.client import MarketoClient
from clients.marketo.sample import sample_people
from connections.models import MarketoInstance
from connections.services.client_factory import marketo_client
from marketo_instances.prerequisites import CheckResult, prerequisites
from sandbox.testing import SandboxProcess

LEADS = "/rest/v1/leads.json"


@pytest.fixture
def client(instance: MarketoInstance) -> MarketoClient:
    return marketo_client(instance)


@pytest.fixture
def newcomers(sandbox: SandboxProcess) -> list[int]:
    """Forty people, and nobody else."""
    sandbox.post("/_sandbox/switches", {"first_ids_gone": 300})
    answer = sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 40})
    return list(answer["ids"])


def calls(sandbox: SandboxProcess) -> int:
    return sum(call["path"] == LEADS for call in sandbox.get("/_sandbox/calls"))


def test_people_are_found_wherever_ids_are_in_use(
    client: MarketoClient, sandbox: SandboxProcess, newcomers: list[int]
) -> None:
    found = {person["id"] for person in sample_people(client, ["id"])}
    assert found
    assert found <= set(newcomers)
    assert calls(sandbox) <= 4


def test_known_people_are_asked_for_at_once(client: MarketoClient, sandbox: SandboxProcess) -> None:
    assert [person["id"] for person in sample_people(client, ["id"], [200, 250])] == [200, 250]
    assert calls(sandbox) == 1


def test_known_people_who_are_gone_are_not_waited_for(client: MarketoClient, newcomers: list[int]) -> None:
    assert {person["id"] for person in sample_people(client, ["id"], [1, 2])} <= set(newcomers)


def test_an_instance_without_people_is_given_up(client: MarketoClient, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/switches", {"first_ids_gone": 300})
    assert sample_people(client, ["id"]) == []
    assert calls(sandbox) == 10


@pytest.mark.usefixtures("newcomers")
def test_the_prerequisites_look_at_people_who_exist(instance: MarketoInstance) -> None:
    assert prerequisites(instance).is_salesforce_synced.verdict == CheckResult.YES
