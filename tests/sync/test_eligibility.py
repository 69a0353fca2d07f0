"""The rule who belongs in the copy stands in SQL and in Python: both judge any people alike."""

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.eligibility import (
    IS_HIDDEN,
    IS_KNOWN,
    JOINS,
    LEFT_ALONE,
    REASON,
    RECORD_TYPE,
    Reason,
    SeesAll,
    contact_id_of,
    decide,
)

LEAD, OTHER_LEAD = "00Q000000000001AAA", "00Q000000000002AAA"
CONTACT, OTHER_CONTACT = "003000000000001AAA", "003000000000002AAA"
RIGHTS = [SeesAll(leads, contacts) for leads in (False, True) for contacts in (False, True)]
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
WITH people AS (SELECT * FROM jsonb_to_recordset(%(people)s::jsonb) AS one("sfdcLeadId" text, "sfdcContactId" text)),
leads AS (
    SELECT * FROM jsonb_to_recordset(%(leads)s::jsonb)
    AS one("Id" text, "IsDeleted" boolean, "IsConverted" boolean, "ConvertedContactId" text, "OwnerId" text)
), contacts AS (
    SELECT * FROM jsonb_to_recordset(%(contacts)s::jsonb) AS one("Id" text, "IsDeleted" boolean, "OwnerId" text)
), matched AS (
    SELECT {IS_KNOWN} AS is_known, {IS_HIDDEN} AS is_hidden, {RECORD_TYPE} AS salesforce_type,
        lead."OwnerId" AS lead_owner_id, contact."OwnerId" AS contact_owner_id
    FROM people AS person {JOINS.format(leads="leads", contacts="contacts")}
), owned AS (
    SELECT *, CASE salesforce_type WHEN 'Contact' THEN contact_owner_id ELSE lead_owner_id END AS owner_id FROM matched
)
SELECT coalesce(salesforce_type, ''), {REASON} FROM owned
"""  # noqa: S608 (the rule itself)


Rows = list[dict[str, Any]]


def in_sql(person: dict[str, Any], leads: Rows, contacts: Rows, sees_all: SeesAll) -> tuple[str, str]:
    rows: dict[str, Any] = {
        "people": json.dumps([person]),
        "leads": json.dumps(leads),
        "contacts": json.dumps(contacts),
    }
    seen = {"sees_all_leads": sees_all.leads, "sees_all_contacts": sees_all.contacts}
    with connection.cursor() as cursor:
        cursor.execute(ROWS, rows | seen)
        [(record_type, reason)] = cursor.fetchall()
    return record_type, reason


def _named(person: dict[str, Any], leads: Rows, contacts: Rows) -> Rows:
    """The records that are a person's."""
    lead = next((one for one in leads if one["Id"] == person["sfdcLeadId"]), None)
    contact_id = contact_id_of(person["sfdcContactId"], lead) or ""
    return [*([lead] if lead else []), *(one for one in contacts if one["Id"] == contact_id)]


def in_python(person: dict[str, Any], leads: Rows, contacts: Rows, sees_all: SeesAll) -> tuple[str, str]:
    lead = next((one for one in leads if one["Id"] == person["sfdcLeadId"]), None)
    contact_id = contact_id_of(person["sfdcContactId"], lead)
    contact = next((one for one in contacts if one["Id"] == contact_id), None)
    decision = decide(person["sfdcLeadId"], lead, contact_id, contact, sees_all)
    return decision.record_type, decision.reason or ""


@pytest.mark.django_db
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE, st.lists(LEADS, max_size=1), st.lists(CONTACTS, max_size=1), st.sampled_from(RIGHTS))
def test_sql_and_python_judge_alike(person: dict[str, Any], leads: Rows, contacts: Rows, sees_all: SeesAll) -> None:
    assert in_sql(person, leads, contacts, sees_all) == in_python(person, leads, contacts, sees_all)


@pytest.mark.django_db
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE, st.lists(LEADS, max_size=1), st.lists(CONTACTS, max_size=1))
def test_nobody_is_judged_by_what_is_not_shown(person: dict[str, Any], leads: Rows, contacts: Rows) -> None:
    """Whoever may be hidden is never called deleted, nor missing in Salesforce unless Marketo names no record."""
    _record_type, reason = in_sql(person, leads, contacts, SeesAll(leads=False, contacts=False))
    if reason == Reason.NOT_IN_SALESFORCE:
        assert not any([person["sfdcLeadId"], person["sfdcContactId"]])
    if reason == Reason.DELETED_IN_SALESFORCE:
        assert all(one["IsDeleted"] or one.get("IsConverted") for one in _named(person, leads, contacts))


@pytest.mark.django_db
@pytest.mark.parametrize("judge", [in_sql, in_python])
def test_an_empty_id_is_no_id(judge: Any) -> None:
    """A contact whose id Marketo holds as an empty text does not hide what the lead was converted into."""
    lead = {"Id": LEAD, "IsDeleted": False, "IsConverted": True, "ConvertedContactId": CONTACT, "OwnerId": "0051"}
    contact = {"Id": CONTACT, "IsDeleted": False, "OwnerId": "0051"}
    person = {"sfdcLeadId": LEAD, "sfdcContactId": ""}
    assert judge(person, [lead], [contact], SeesAll(leads=True, contacts=True)) == ("Contact", "")


def test_every_reason_of_one_person_can_be_explained() -> None:
    from people.verdict import RULES

    not_of_one_person = {Reason.REPEATED, *LEFT_ALONE}
    assert set(RULES) == {None, *Reason} - not_of_one_person
