# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""REST and SOQL of the sandbox, over HTTP. Numbers are those of the list of what a sandbox must get right."""

from datetime import datetime
from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, act, connect

# Frame


def test_salesforce_13_versions_need_no_token_and_all_else_does(sandbox: SandboxProcess) -> None:
    versions = requests.get(f"{sandbox.url}/services/data", timeout=10).json()
    assert versions[0]["version"] == "50.0"
    assert versions[-1] == {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"}
    answer = requests.get(f"{sandbox.url}/services/data/v62.0/limits", timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_AUTH_HEADER")
    answer = Api(sandbox, "wrong").get("/limits")
    expected = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert (answer.status_code, answer.json()) == (401, expected)


@pytest.mark.parametrize(("version", "status"), [("50.0", 200), ("66.0", 200), ("30.0", 410), ("67.0", 404)])
def test_salesforce_14_served_versions(sandbox: SandboxProcess, api: Api, version: str, status: int) -> None:
    api.base = f"{sandbox.url}/services/data/v{version}"
    answer = api.get("")
    assert answer.status_code == status
    assert not answer.ok or answer.json()["identity"].startswith(sandbox.url + "/id/00D")


@pytest.mark.parametrize(
    "path", ["", "/limits", "/sobjects", "/sobjects/Lead", "/sobjects/Lead/describe", "/jobs/query"]
)
def test_salesforce_15_slash_at_the_end_makes_no_difference(api: Api, path: str) -> None:
    plain, slashed = api.get(path), api.get(path + "/")
    assert plain.status_code == slashed.status_code == 200
    assert api.get(path + "/unknown/thing").status_code == 404


def test_salesforce_16_usage_is_counted_and_capped(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "set_daily_api_requests", value=3)
    usage = [api.get("/limits").headers["Sforce-Limit-Info"] for _ in range(3)]
    assert usage == ["api-usage=1/3", "api-usage=2/3", "api-usage=3/3"]
    answer = api.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


def test_salesforce_17_pretty_print_and_gzip(api: Api) -> None:
    assert b"\n" in api.get("/limits", headers={"X-PrettyPrint": "1"}).content
    assert b"\n" not in api.get("/limits").content
    assert api.get("/sobjects", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in api.get("/sobjects", headers={"Accept-Encoding": "identity"}).headers


def test_user_without_api_right_and_scope_without_api(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "set_user", username="admin@acme.example", api_enabled=False)
    answer = api.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "API_CURRENTLY_DISABLED")
    answer = Api(sandbox, connect(sandbox, scope="id")["access_token"]).get("/limits")
    assert answer.json()[0]["message"] == "This session is not valid for use with the REST API"


# Records and pages


def test_salesforce_19_ids_in_both_lengths(api: Api) -> None:
    [record] = api.query("SELECT Id, Name FROM Contact LIMIT 1")["records"]
    short = record["Id"][:15]
    assert len(record["Id"]) == 18
    assert api.query(f"SELECT Id, Name FROM Contact WHERE Id = '{short}'")["records"] == [record]
    assert api.get(f"/sobjects/Contact/{short}").json()["Id"] == record["Id"]
    assert api.get("/sobjects/Contact/003").json()[0]["errorCode"] == "MALFORMED_ID"
    assert api.get("/sobjects/Contact/003000000000000AAA").json()[0]["errorCode"] == "NOT_FOUND"
    assert api.refusal("SELECT Id FROM Contact WHERE Id = '003'")[0] == "INVALID_QUERY_FILTER_OPERATOR"


def test_salesforce_18_datetimes_are_spelled_with_milliseconds(api: Api) -> None:
    [stamp] = api.names("SELECT SystemModstamp FROM Lead LIMIT 1")
    assert stamp.endswith("+0000")
    assert len(stamp) == len("2026-01-01T00:00:00.000+0000")


def test_salesforce_20_pages_follow_by_a_relative_locator(api: Api) -> None:
    page = api.get(
        "/query", params={"q": "SELECT Id FROM Contact"}, headers={"Sforce-Query-Options": "batchSize=5"}
    ).json()
    found, sizes = [], []
    while True:
        found += [record["Id"] for record in page["records"]]
        sizes.append(len(page["records"]))
        if page["done"]:
            break
        assert page["nextRecordsUrl"].startswith("/services/data/v62.0/query/01g")
        page = api.get(page["nextRecordsUrl"], params={"q": "ignored"}).json()
    assert "nextRecordsUrl" not in page
    assert set(sizes[:-1]) == {200}
    assert len(found) == len(set(found)) == page["totalSize"] == api.query("SELECT COUNT() FROM Contact")["totalSize"]


def test_salesforce_20_eleventh_cursor_evicts_the_first(api: Api) -> None:
    asked = {"params": {"q": "SELECT Id FROM Contact"}, "headers": {"Sforce-Query-Options": "batchSize=200"}}
    pages = [api.get("/query", **asked).json()["nextRecordsUrl"] for _ in range(11)]
    assert api.get(pages[0]).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert api.get(pages[1]).ok


def test_salesforce_21_parents_are_nested(api: Api) -> None:
    [contact] = api.query("SELECT Id, Account.Name, Owner.Email FROM Contact LIMIT 1")["records"]
    assert contact["Account"]["attributes"]["type"] == "Account"
    assert contact["Owner"]["attributes"]["type"] == "User"
    assert list(contact) == ["attributes", "Id", "Account", "Owner"]
    [queued] = api.query("SELECT Owner.Name, Owner.Type FROM Lead WHERE Owner.Type = 'Queue' LIMIT 1")["records"]
    assert queued["Owner"]["attributes"]["type"] == "Name"
    assert "/sobjects/Group/00G" in queued["Owner"]["attributes"]["url"]
    assert api.query("SELECT Id FROM Lead WHERE OwnerId = null")["totalSize"] == 0, "there is always an owner"


def test_salesforce_22_counts_and_aggregates(sandbox: SandboxProcess, api: Api) -> None:
    leads = sandbox.get("/_sandbox/state")["salesforce"]["Lead"]
    assert api.query("SELECT COUNT() FROM Lead") == {"totalSize": leads, "done": True, "records": []}
    [total] = api.query("SELECT COUNT(Id), MAX(CreatedDate) newest FROM Lead")["records"]
    assert (total["attributes"], total["expr0"]) == ({"type": "AggregateResult"}, leads)
    assert total["newest"] == api.names("SELECT CreatedDate FROM Lead ORDER BY CreatedDate DESC LIMIT 1")[0]
    groups = api.query("SELECT IsConverted, COUNT(Id) n FROM Lead GROUP BY IsConverted ORDER BY IsConverted")["records"]
    assert [group["IsConverted"] for group in groups] == [False, True]
    assert sum(group["n"] for group in groups) == leads
    assert api.refusal("SELECT Name, COUNT(Id) FROM Lead")[0] == "MALFORMED_QUERY"


def test_salesforce_26_deleted_rows_only_in_query_all(api: Api) -> None:
    soql = "SELECT Id, IsDeleted FROM Lead WHERE IsDeleted = true"
    assert api.query(soql)["totalSize"] == 0
    deleted = api.query(soql, "/queryAll")["records"]
    assert deleted
    assert all(record["IsDeleted"] for record in deleted)
    answer = api.get(f"/sobjects/Lead/{deleted[0]['Id']}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


# SOQL


@pytest.mark.parametrize(
    "moment",
    [
        "2025-12-01T00:00:00Z",
        "2025-12-01T00:00:00.000+00:00",
        "2025-12-01T00:00:00+00:00",
        "2025-12-01T02:00:00.000+0200",
    ],
)
def test_salesforce_23_spellings_of_a_moment(api: Api, moment: str) -> None:
    expected = [stamp for stamp in api.names("SELECT CreatedDate FROM Lead") if stamp > "2025-12-01T00:00:00"]
    assert expected
    assert api.query(f"SELECT COUNT()  FROM  Lead WHERE CreatedDate > {moment}")["totalSize"] == len(expected)


def test_salesforce_23_quoted_moment_is_refused(api: Api) -> None:
    code, message = api.refusal("SELECT Id FROM Lead WHERE CreatedDate > '2025-12-01T00:00:00Z'")
    assert code == "INVALID_FIELD"
    assert "must be of type dateTime and should not be enclosed in quotes" in message


def test_salesforce_23_relative_dates(sandbox: SandboxProcess, api: Api) -> None:
    now = sandbox.get("/_sandbox/state")["now"]
    newest = api.names("SELECT CreatedDate FROM Lead ORDER BY CreatedDate DESC LIMIT 1")[0]
    age = (datetime.fromisoformat(now).date() - datetime.fromisoformat(newest).date()).days
    assert api.query(f"SELECT COUNT() FROM Lead WHERE CreatedDate = LAST_N_DAYS:{age}")["totalSize"] > 0
    assert api.query(f"SELECT COUNT() FROM Lead WHERE CreatedDate > LAST_N_DAYS:{age - 1}")["totalSize"] == 0
    assert api.query("SELECT COUNT() FROM Lead WHERE CreatedDate > TODAY")["totalSize"] == 0


def test_salesforce_24_text_ignores_case_and_knows_wildcards(api: Api) -> None:
    [name] = api.names("SELECT Name FROM Account ORDER BY Name DESC NULLS LAST LIMIT 1")
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    assert name in api.names(f"SELECT Name FROM Account WHERE Name = '{quoted.upper()}'")
    assert name in api.names(f"SELECT Name FROM Account WHERE Name LIKE '{quoted[:3].lower()}%{quoted[-1]}'")
    assert name in api.names(f"SELECT Name FROM Account WHERE Name LIKE '_{quoted[1:]}'")
    assert api.names(f"SELECT Name FROM Account WHERE Name LIKE '\\_{quoted[1:]}'") == []


def test_salesforce_24_nulls_come_first_in_both_directions(api: Api) -> None:
    for direction in ("ASC", "DESC"):
        emails = api.names(f"SELECT Email FROM Contact ORDER BY Email {direction}, Id LIMIT 2000")
        nulls = sum(email is None for email in emails)
        assert all(email is None for email in emails[:nulls])
        assert nulls > 0
        rest = [email.casefold() for email in emails[nulls:]]
        assert rest == sorted(rest, reverse=direction == "DESC")
    assert api.names("SELECT Email FROM Contact ORDER BY Email NULLS LAST LIMIT 1") != [None]


def test_salesforce_24_conditions_combine(api: Api) -> None:
    total = api.query("SELECT COUNT() FROM Lead")["totalSize"]
    count = {
        where: api.query(f"SELECT COUNT() FROM Lead WHERE {where}")["totalSize"]
        for where in (
            "Email = null",
            "NOT Email = null",
            "Email != null AND IsConverted = true",
            "(Email = null OR IsConverted = true) AND LeadSource != null",
            "LeadSource IN ('web', 'Other')",
            "LeadSource NOT IN ('web', 'Other')",
            "Email < 'b' OR Email >= 'B'",
            "IsConverted = null",
        )
    }
    assert count["Email = null"] + count["NOT Email = null"] == total
    assert count["LeadSource IN ('web', 'Other')"] + count["LeadSource NOT IN ('web', 'Other')"] == total
    assert count["Email < 'b' OR Email >= 'B'"] == count["NOT Email = null"]
    assert count["IsConverted = null"] == 0
    assert 0 < count["Email != null AND IsConverted = true"] < total


def test_offset_limit_and_alias(api: Api) -> None:
    names = api.names("SELECT l.Id FROM Lead l ORDER BY l.SystemModstamp DESC, l.Id DESC LIMIT 10")
    assert api.names("SELECT Id FROM Lead ORDER BY SystemModstamp DESC, Id DESC LIMIT 4 OFFSET 6") == names[6:]
    assert api.refusal("SELECT Id FROM Lead OFFSET 2001")[0] == "NUMBER_OUTSIDE_VALID_RANGE"


def test_all_fields_at_once(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Lead", name="Level__c", type="string")
    [record] = api.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")["records"]
    assert record == api.get(f"/sobjects/Lead/{record['Id']}").json()
    [record] = api.query("SELECT Id, FIELDS(CUSTOM) FROM Lead LIMIT 1")["records"]
    assert list(record) == ["attributes", "Id", "Level__c"]
    assert "Level__c" not in api.query("SELECT FIELDS(STANDARD) FROM Lead")["records"][0]


def test_semi_joins(api: Api) -> None:
    won = "SELECT AccountId FROM Opportunity WHERE IsWon = true"
    accounts = set(api.names(won))
    expected = [
        record["Id"]
        for record in api.query("SELECT Id, AccountId FROM Contact")["records"]
        if record["AccountId"] in accounts
    ]
    assert api.names(f"SELECT Id FROM Contact WHERE AccountId IN ({won})") == expected != []
    total = api.query("SELECT COUNT() FROM Contact")["totalSize"]
    others = api.query(f"SELECT COUNT() FROM Contact WHERE AccountId NOT IN ({won})")["totalSize"]
    assert others == total - len(expected)
    assert api.names("SELECT Id FROM Contact WHERE Id IN (SELECT WhoId FROM Task)") == []


def test_multi_select_picklists(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Account", name="Regions__c", type="multipicklist")
    first = api.create("Account", Name="First", Regions__c="North;South")
    second = api.create("Account", Name="Second", Regions__c="South")
    soql = "SELECT Id FROM Account WHERE Regions__c"
    assert api.names(f"{soql} INCLUDES ('South')") == [first, second]
    assert api.names(f"{soql} INCLUDES ('North;South', 'East')") == [first]
    assert second in api.names(f"{soql} EXCLUDES ('North')")


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Lead WHERE Email = null AND IsConverted = true OR Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE AccountId IN (SELECT Name FROM Account)", "MALFORMED_QUERY"),
        ("SELECT OwnerId, COUNT(Id) FROM Lead GROUP BY OwnerId HAVING COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Lead", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT FIELDS(CUSTOM) FROM Lead LIMIT 1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE LeadSource INCLUDES ('Web')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Name n FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Name = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate LIKE '2%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Owner.Type FROM Contact", "INVALID_FIELD"),
        ("SELECT Company.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Xyzzy", "INVALID_TYPE"),
    ],
)
def test_what_salesforce_refuses(api: Api, soql: str, code: str) -> None:
    assert api.refusal(soql)[0] == code


def fields_of(api: Api, sobject: str) -> dict[str, Any]:
    return {field["name"]: field for field in api.get(f"/sobjects/{sobject}/describe").json()["fields"]}


def test_salesforce_25_hidden_field_is_absent_and_unknown(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "hide_field", object="Lead", name="Email")
    assert "Email" not in fields_of(api, "Lead")
    code, message = api.refusal("SELECT Email FROM Lead")
    assert code == "INVALID_FIELD"
    assert message == (
        "\nSELECT Email FROM Lead\n       ^\nERROR at Row:1:Column:8\nNo such column 'Email' on entity 'Lead'. If you "
        "are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please "
        "reference your WSDL or the describe call for the appropriate names."
    )
    soql = "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead'"
    assert "Email" in api.names(soql)
