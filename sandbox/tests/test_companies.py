"""The untidy company that a sandbox is by default, and the tidy one."""

from collections.abc import Iterator

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sandbox.tests.salesforce_browser import Api, connect

pytestmark = pytest.mark.servers
PEOPLE = 2_000


@pytest.fixture(scope="module")
def untidy() -> Iterator[SandboxProcess]:
    with SandboxProcess.start(people=PEOPLE, epoch="2026-06-01") as process:
        yield process


@pytest.fixture
def marketo(untidy: SandboxProcess) -> Marketo:
    return Marketo(untidy.url)


@pytest.fixture
def api(untidy: SandboxProcess) -> Api:
    return Api(untidy, connect(untidy)["access_token"])


def test_nobody_has_the_first_ids(untidy: SandboxProcess, marketo: Marketo) -> None:
    assert untidy.get("/_sandbox/state")["people"] == PEOPLE - 200
    assert marketo.result("/rest/v1/leads.json", filterType="id", filterValues="1,2,200") == []
    assert marketo.result("/rest/v1/leads.json", filterType="id", filterValues="201,1120") != []


def test_linkedin_has_a_name_of_the_companys_own(marketo: Marketo) -> None:
    names = {field["rest"]["name"] for field in marketo.result("/rest/v1/leads/describe.json") if "rest" in field}
    assert "linkedInURL__c" in names
    assert "linkedInProfileURL" not in names


def test_tokens_are_good_for_one_use(untidy: SandboxProcess) -> None:
    policies = untidy.get("/_sandbox/state")["org"]["policies"]
    assert (policies["is_rotating"], policies["idle_days"]) == (True, 30)


def test_layouts_are_null_until_asked_for_one_by_one(api: Api) -> None:
    assert [api.get(f"/sobjects/{name}/describe/layouts").json()["layouts"] for name in ("Lead", "Contact")] == [
        None
    ] * 2
    assert api.query("SELECT Id FROM RecordType")["totalSize"] == 5


def test_rights_come_by_a_group(api: Api) -> None:
    found = api.query("SELECT Id FROM PermissionSetAssignment WHERE PermissionSetGroupId != null")
    assert found["totalSize"] >= 1


def test_a_reset_brings_the_company_back(untidy: SandboxProcess) -> None:
    before = untidy.get("/_sandbox/state")
    untidy.post("/_sandbox/switches", {"daily_calls": 7, "first_ids_gone": 0})
    untidy.post("/_sandbox/salesforce", {"action": "reset"})
    untidy.reset()
    after = untidy.get("/_sandbox/state")
    assert {name: after[name] for name in ("people", "switches", "expected")} == {
        name: before[name] for name in ("people", "switches", "expected")
    }
    assert after["org"]["policies"]["is_rotating"]


def test_the_tidy_company_has_none_of_it() -> None:
    with SandboxProcess.start(company="tidy", people=100) as process:
        state = process.get("/_sandbox/state")
    assert state["people"] == 100
    assert (state["switches"]["first_ids_gone"], state["org"]["policies"]["is_rotating"]) == (0, False)
