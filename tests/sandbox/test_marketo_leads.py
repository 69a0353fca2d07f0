"""Describing and reading people over Marketo's REST API."""

from datetime import datetime

import pytest

from tests.sandbox.conftest import PEOPLE
from tests.sandbox.marketo_api import Marketo
from tests.sandbox_process import SandboxProcess

LEADS = "/rest/v1/leads.json"


@pytest.fixture
def marketo(sandbox: SandboxProcess) -> Marketo:
    return Marketo(sandbox.url)


def test_describe_knows_the_synced_fields_in_the_recorded_shape(marketo: Marketo) -> None:
    fields = {field["rest"]["name"]: field for field in marketo.result("/rest/v1/leads/describe.json")}
    assert fields["company"] == {
        "id": 4,
        "displayName": "Company Name",
        "dataType": "string",
        "length": 255,
        "rest": {"name": "company", "readOnly": False},
    }
    assert {"sfdcLeadId", "sfdcContactId", "sfdcAccountId", "sfdcLeadOwnerId", "sfdcType"} <= fields.keys()
    described = marketo.result("/rest/v1/leads/describe2.json")[0]
    assert {field["name"] for field in described["fields"]} == fields.keys()
    assert ["email"] in described["searchableFields"]


def test_without_salesforce_sync_no_sfdc_field_is_described(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    names = {field["rest"]["name"] for field in marketo.result("/rest/v1/leads/describe.json")}
    assert not [name for name in names if name.startswith("sfdc")]
    assert marketo.error(LEADS, filterType="id", filterValues="1", fields="sfdcType") == "1006"


def test_default_fields_and_explicit_nulls(marketo: Marketo) -> None:
    person = marketo.result(LEADS, filterType="id", filterValues="1")[0]
    assert list(person) == ["id", "email", "updatedAt", "createdAt", "lastName", "firstName"]
    assert datetime.fromisoformat(person["createdAt"]).tzinfo is not None
    assert marketo.result(LEADS, filterType="id", filterValues="1", fields="sfdcId") == [{"sfdcId": None}]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"filterType": "id", "filterValues": "1", "fields": "nonsense"}, "1006"),
        ({"filterType": "firstName", "filterValues": "Anna"}, "1011"),
        ({"filterType": "id"}, "1002"),
        ({"filterValues": "1"}, "1002"),
        ({"filterType": "id", "filterValues": "1", "batchSize": "301"}, "1003"),
        ({"filterType": "id", "filterValues": ",".join(map(str, range(301)))}, "1003"),
    ],
)
def test_bad_filters_are_refused(marketo: Marketo, parameters: dict[str, str], code: str) -> None:
    assert marketo.error(LEADS, **parameters) == code


def test_post_with_method_get_in_query_or_body(marketo: Marketo) -> None:
    form = {"filterType": "id", "filterValues": "1,2", "fields": ["id", "email"]}
    in_body = marketo.send("POST", LEADS, data=form | {"_method": "GET"}).json()["result"]
    in_query = marketo.send("POST", LEADS, params={"_method": "GET"}, data=form).json()["result"]
    assert [person["id"] for person in in_body] == [1, 2]
    assert in_body == in_query


def test_pages_follow_next_page_token_to_the_end(marketo: Marketo) -> None:
    wanted = {"filterType": "id", "filterValues": ",".join(map(str, range(1, 301))), "batchSize": 120, "fields": "id"}
    page = marketo.get(LEADS, **wanted)
    seen = page["result"]
    while "nextPageToken" in page:
        page = marketo.get(LEADS, **wanted, nextPageToken=page["nextPageToken"])
        seen += page["result"]
    assert [person["id"] for person in seen] == list(range(1, 301))
    assert len(page["result"]) == 60


def test_people_are_found_by_every_key(marketo: Marketo) -> None:
    keys = "id,email,sfdcLeadId,sfdcContactId,sfdcAccountId"
    everyone = marketo.result(LEADS, filterType="id", filterValues=",".join(map(str, range(1, 101))), fields=keys)
    for key in keys.split(","):
        person = next(person for person in everyone if person[key])
        found = marketo.result(LEADS, filterType=key, filterValues=person[key], fields=keys)
        assert person in found
        assert {other[key] for other in found} == {person[key]}


def test_two_people_can_share_an_address(marketo: Marketo) -> None:
    ids = ",".join(map(str, range(1, 301)))
    people = marketo.result(LEADS, filterType="id", filterValues=ids, fields="id,email")
    addresses = [person["email"] for person in people if person["email"]]
    twice = next(address for address in addresses if addresses.count(address) == 2)
    assert len(marketo.result(LEADS, filterType="email", filterValues=twice.upper())) == 2


def test_one_person_by_path_and_nobody(marketo: Marketo) -> None:
    assert marketo.result("/rest/v1/lead/7.json", fields="id") == [{"id": 7}]
    assert marketo.result(f"/rest/v1/lead/{PEOPLE + 1000}.json") == []


def test_more_than_a_thousand_matches_is_1003(sandbox: SandboxProcess, marketo: Marketo) -> None:
    ids = sandbox.post("/_sandbox/people", {"action": "create", "count": 1_001})["ids"]
    sandbox.post("/_sandbox/people", {"action": "change", "ids": ids, "fields": {"email": "same@many.example"}})
    assert marketo.error(LEADS, filterType="email", filterValues="same@many.example") == "1003"
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": ids})
    assert marketo.result(LEADS, filterType="email", filterValues="same@many.example") == []
