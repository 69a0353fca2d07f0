"""The rule who belongs in the copy stands in SQL and in Python: both judge any people alike."""

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.eligibility import IS_KNOWN, JOINS, REASON, RECORD_TYPE, Reason, contact_id_of, decide

LEAD, OTHER_LEAD, CONTACT, OTHER_CONTACT = "00Q1", "00Q2", "0031", "0032"
OWNERS = st.sampled_from(["0051", "00G1", "", None, "0061"])
IDS_OF_CONTACTS = st.sampled_from([CONTACT, OTHER_CONTACT, "", None])
PEOPLE = st.fixed_dictionaries(
    {"sfdcLeadId": st.sampled_from([LEAD, OTHER_LEAD, "", None]), "sfdcContactId": IDS_OF_CONTACTS}
)
LEADS = st.fixed_dictionaries(
    {
        "Id": st.just(LEAD),
        "IsDeleted": st.booleans(),
        "IsConverted": st.booleans(),
        "ConvertedContactId": IDS_OF_CONTACTS,
        "OwnerId": OWNERS,
    }
)
CONTACTS = st.fixed_dictionaries({"Id": st.just(CONTACT), "IsDeleted": st.booleans(), "OwnerId": OWNERS})
ROWS = f"""
WITH people AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS one("sfdcLeadId" text, "sfdcContactId" text)),
leads AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb)
    AS one("Id" text, "IsDeleted" boolean, "IsConverted" boolean, "ConvertedContactId" text, "OwnerId" text)
), contacts AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS one("Id" text, "IsDeleted" boolean, "OwnerId" text)
), matched AS (
    SELECT {IS_KNOWN} AS is_known, {RECORD_TYPE} AS salesforce_type, lead."OwnerId" AS lead_owner_id,
        contact."OwnerId" AS contact_owner_id
    FROM people AS person {JOINS.format(leads="leads", contacts="contacts")}
), owned AS (
    SELECT *, CASE salesforce_type WHEN 'Contact' THEN contact_owner_id ELSE lead_owner_id END AS owner_id FROM matched
)
SELECT coalesce(salesforce_type, ''), {REASON} FROM owned
"""  # noqa: S608 (the rule itself)


def in_sql(person: dict[str, Any], leads: list[dict[str, Any]], contacts: list[dict[str, Any]]) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [json.dumps(rows) for rows in ([person], leads, contacts)])
        [(record_type, reason)] = cursor.fetchall()
    return record_type, reason


def in_python(person: dict[str, Any], leads: list[dict[str, Any]], contacts: list[dict[str, Any]]) -> tuple[str, str]:
    lead = next((one for one in leads if one["Id"] == person["sfdcLeadId"]), None)
    contact_id = contact_id_of(person["sfdcContactId"], lead)
    contact = next((one for one in contacts if one["Id"] == contact_id), None)
    decision = decide(lead, contact)
    return decision.record_type, decision.reason or ""


@pytest.mark.django_db
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE, st.lists(LEADS, max_size=1), st.lists(CONTACTS, max_size=1))
def test_sql_and_python_judge_alike(
    person: dict[str, Any], leads: list[dict[str, Any]], contacts: list[dict[str, Any]]
) -> None:
    assert in_sql(person, leads, contacts) == in_python(person, leads, contacts)


@pytest.mark.django_db
@pytest.mark.parametrize("judge", [in_sql, in_python])
def test_an_empty_id_is_no_id(judge: Any) -> None:
    """A contact whose id Marketo holds as an empty text does not hide what the lead was converted into."""
    lead = {"Id": LEAD, "IsDeleted": False, "IsConverted": True, "ConvertedContactId": CONTACT, "OwnerId": "0051"}
    contact = {"Id": CONTACT, "IsDeleted": False, "OwnerId": "0051"}
    assert judge({"sfdcLeadId": LEAD, "sfdcContactId": ""}, [lead], [contact]) == ("Contact", "")


def test_every_reason_of_one_person_can_be_explained() -> None:
    from sync.messages import RULES

    not_of_one_person = {Reason.REPEATED, Reason.NOT_IN_LIST_OR_DELETED}
    assert set(RULES) == {None, *Reason} - not_of_one_person
