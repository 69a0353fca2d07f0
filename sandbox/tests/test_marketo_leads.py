"""Describing and reading people over Marketo's REST API."""

from sandbox.testing import SandboxProcess
from sandbox.tests.conftest import PEOPLE
from sandbox.tests.marketo_api import Marketo

LEADS = "/rest/v1/leads.json"


def test_describe_knows_the_synced_fields_in_the_recorded_shape(marketo: Marketo) -> None:
    fields = {field["rest"]["name"]: field for field in marketo.result("/rest/v1/leads/describe.json")}
    assert fields["company"] == {
        "id": 4,
        "displayName": "Company Name",
        "dataType": "string",
        "length": 255,
        "rest": {"name": "company", "readOnly": False},
        "soap": {"name": "Company", "readOnly": False},
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
