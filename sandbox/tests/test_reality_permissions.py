"""Profiles, permission sets and what they give: an object or a field that one user reads and another does not."""

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import CALLBACK, Api, Browser, act, read_answer, redeem

OPS = ("ops@demo.example", "Demo-Passw0rd!")
INTEGRATION = ("integration@acme.example", "sandbox-password")
STANDARD = "Standard User"
API_ONLY = "Salesforce API Only System Integrations"


@pytest.fixture
def ops(sandbox: SandboxProcess) -> Api:
    """Salesforce's API for a person with the profile Standard User."""
    with Browser(sandbox) as browser:
        browser.authorize()
        at = browser.log_in(OPS)
        code = read_answer(at if at.startswith(CALLBACK) else browser.submit(decision="allow"))["code"]
    return Api(sandbox, redeem(sandbox, code).json()["access_token"])


def soap_login(sandbox: SandboxProcess, credentials: tuple[str, str]) -> str:
    """The session that SOAP gives: who may not see a page still signs in so."""
    username, password = credentials
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce'
        f'.com"><username>{username}</username><password>{password}</password></login></e:Body></e:Envelope>'
    )
    answer = requests.post(f"{sandbox.url}/services/Soap/u/62.0", data=body, timeout=10)
    return answer.text.partition("<sessionId>")[2].partition("</sessionId>")[0]


def described(api: Api) -> set[str]:
    return {item["name"] for item in api.get("/sobjects").json()["sobjects"]}


def lead_fields(api: Api) -> set[str]:
    return {item["name"] for item in api.get("/sobjects/Lead/describe").json()["fields"]}


def readers(api: Api, sobject: str) -> set[str]:
    """The profiles that have a row of ObjectPermissions for an object."""
    soql = "SELECT Parent.Profile.Name, PermissionsRead FROM ObjectPermissions WHERE SobjectType = '{}'"
    return {
        row["Parent"]["Profile"]["Name"] for row in api.query(soql.format(sobject))["records"] if row["PermissionsRead"]
    }


def test_five_profiles_and_their_users(api: Api) -> None:
    names = set(api.names("SELECT Name FROM Profile"))
    assert len(names) == 5
    users = api.query("SELECT Username, Profile.Name FROM User WHERE IsActive = true")["records"]
    assert {user["Profile"]["Name"] for user in users} == names
    [license_name] = [
        row["UserLicense"]["Name"]
        for row in api.query("SELECT Name, UserLicense.Name FROM Profile")["records"]
        if row["Name"] == API_ONLY
    ]
    assert license_name == "Salesforce Integration"
    assert api.names("SELECT Username FROM User WHERE Profile.PermissionsApiUserOnly = true") == [INTEGRATION[0]]


def test_every_user_is_assigned_the_set_behind_their_profile(api: Api) -> None:
    soql = (
        "SELECT PermissionSet.ProfileId, Assignee.ProfileId FROM PermissionSetAssignment "
        "WHERE PermissionSet.IsOwnedByProfile = true"
    )
    rows = api.query(soql)["records"]
    assert len(rows) == api.query("SELECT COUNT() FROM User")["totalSize"]
    assert all(row["PermissionSet"]["ProfileId"] == row["Assignee"]["ProfileId"] for row in rows)


def test_object_that_a_profile_may_not_read(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    act(sandbox, "set_object_permission", profile=STANDARD, object="Lead", read=False)
    code, message = ops.refusal("SELECT Id FROM Lead")
    assert (code, "sObject type 'Lead' is not supported." in message) == ("INVALID_TYPE", True)
    assert "Lead" not in described(ops)
    assert ops.get("/sobjects/Lead/describe").status_code == 404
    refused = ops.call("POST", "/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Lead"})
    assert refused.json()[0]["errorCode"] == "INVALID_TYPE"
    assert "Lead" in described(api)
    assert api.query("SELECT COUNT() FROM Lead")["totalSize"]
    assert STANDARD not in readers(api, "Lead")
    assert "Sales User" in readers(api, "Lead")


def test_reference_to_an_object_that_may_not_be_read(sandbox: SandboxProcess, ops: Api) -> None:
    assert ops.query("SELECT Account.Name FROM Contact LIMIT 1")["totalSize"] == 1
    act(sandbox, "set_object_permission", profile=STANDARD, object="Account", read=False)
    assert ops.refusal("SELECT Account.Name FROM Contact LIMIT 1")[0] == "INVALID_FIELD"
    act(sandbox, "set_object_permission", profile=STANDARD, object="Opportunity", read=False)
    assert ops.refusal("SELECT Id FROM OpportunityContactRole")[0] == "INVALID_TYPE"


def test_permission_set_gives_what_the_profile_does_not(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    act(sandbox, "set_object_permission", profile=STANDARD, object="Lead", read=False)
    act(sandbox, "add_permission_set", name="Lead Readers")
    act(sandbox, "set_object_permission", permission_set="Lead Readers", object="Lead", read=True)
    assert "Lead" not in described(ops)
    act(sandbox, "assign_permission_set", name="Lead Readers", username=OPS[0])
    assert ops.query("SELECT COUNT() FROM Lead")["totalSize"]
    soql = "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Label = 'Lead Readers'"
    assert [row["Assignee"]["Username"] for row in api.query(soql)["records"]] == [OPS[0]]
    assert api.names("SELECT SobjectType FROM ObjectPermissions WHERE Parent.Label = 'Lead Readers'") == ["Lead"]


def test_permission_set_group(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    act(sandbox, "install_package")
    act(sandbox, "set_object_permission", profile=STANDARD, object="Lead", read=False)
    act(sandbox, "set_object_permission", permission_set="Marketo App Access", object="Lead", read=True)
    act(sandbox, "add_permission_set_group", name="Sales Tools", permission_sets=["Marketo App Access"])
    act(sandbox, "assign_permission_set_group", name="Sales Tools", username=OPS[0])
    assert ops.query("SELECT COUNT() FROM Lead")["totalSize"]
    # No row says that the package's own set is assigned: only the group's members do.
    soql = "SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSet.Label = 'Marketo App Access'"
    assert api.query(soql)["totalSize"] == 0
    soql = (
        "SELECT Assignee.Username, PermissionSetGroup.MasterLabel, PermissionSet.Type FROM PermissionSetAssignment "
        "WHERE PermissionSetGroupId != null"
    )
    [row] = api.query(soql)["records"]
    assert row["Assignee"]["Username"] == OPS[0]
    assert (row["PermissionSetGroup"]["MasterLabel"], row["PermissionSet"]["Type"]) == ("Sales Tools", "Group")
    # What the group gives stands at its own set, too.
    soql = "SELECT SobjectType FROM ObjectPermissions WHERE Parent.Type = 'Group' AND Parent.Label = 'Sales Tools'"
    assert {name for name in api.names(soql) if not name.startswith("mkto_si__")} == {"Lead"}
    members = api.query("SELECT PermissionSet.Label, PermissionSetGroupId FROM PermissionSetGroupComponent")["records"]
    assert [member["PermissionSet"]["Label"] for member in members] == ["Marketo App Access"]
    assert api.names("SELECT Id FROM PermissionSetGroup") == [members[0]["PermissionSetGroupId"]]
    act(sandbox, "uninstall_package")
    assert api.names("SELECT Id FROM PermissionSetGroupComponent") == []
    assert ops.refusal("SELECT Id FROM Lead")[0] == "INVALID_TYPE"


def test_field_hidden_from_one_profile(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    soql = "SELECT Parent.Profile.Name FROM FieldPermissions WHERE Field = 'Lead.Email'"
    assert len(api.names(soql)) == 5
    act(sandbox, "hide_field", object="Lead", name="Email", profile=STANDARD)
    assert "Email" in lead_fields(api)
    assert "Email" not in lead_fields(ops)
    code, message = ops.refusal("SELECT Email FROM Lead")
    assert (code, "No such column 'Email' on entity 'Lead'" in message) == ("INVALID_FIELD", True)
    granted = {row["Parent"]["Profile"]["Name"] for row in api.query(soql)["records"]}
    assert (len(granted), STANDARD in granted) == (4, False)
    act(sandbox, "hide_field", object="Lead", name="Email", profile=STANDARD, hidden=False)
    assert "Email" in lead_fields(ops)


def test_group_that_mutes_an_object(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    act(sandbox, "set_object_permission", profile=STANDARD, object="Lead", read=False)
    act(sandbox, "add_permission_set", name="Readers")
    act(sandbox, "set_object_permission", permission_set="Readers", object="Lead", read=True)
    act(sandbox, "add_permission_set_group", name="Sales", permission_sets=["Readers"])
    act(sandbox, "assign_permission_set_group", name="Sales", username=OPS[0])
    assert ops.query("SELECT COUNT() FROM Lead")["totalSize"]
    act(sandbox, "mute_permission", name="Sales", object="Lead")
    assert ops.refusal("SELECT COUNT() FROM Lead")[0] == "INVALID_TYPE"
    soql = "SELECT SobjectType FROM ObjectPermissions WHERE Parent.Type = 'Group' AND Parent.Label = 'Sales'"
    assert api.names(soql) == []


def test_field_that_a_permission_set_gives_and_one_that_is_read_only(
    sandbox: SandboxProcess, api: Api, ops: Api
) -> None:
    act(sandbox, "hide_field", object="Lead", name="Email", profile=STANDARD)
    act(sandbox, "set_field_permission", object="Lead", name="Phone", profile=STANDARD, read=True, edit=False)
    act(sandbox, "add_permission_set", name="Mailers")
    act(sandbox, "set_field_permission", object="Lead", name="Email", permission_set="Mailers", read=True, edit=True)
    assert "Email" not in lead_fields(ops)
    act(sandbox, "assign_permission_set", name="Mailers", username=OPS[0])
    assert "Email" in lead_fields(ops)
    soql = "SELECT PermissionsEdit FROM FieldPermissions WHERE Parent.Label = 'Mailers' AND Field = 'Lead.Email'"
    assert api.names(soql) == [True]
    lead = {"LastName": "Berg", "Company": "Acme", "Email": "a@acme.example"}
    assert ops.call("POST", "/sobjects/Lead", json=lead).status_code == 201
    refused = ops.call("POST", "/sobjects/Lead", json=lead | {"Phone": "1"})
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_profile_without_the_api(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    soql = "SELECT PermissionsApiEnabled FROM PermissionSet WHERE Profile.Name = 'Standard User'"
    act(sandbox, "set_api_enabled", profile=STANDARD, enabled=False)
    assert api.names(soql) == [False]
    assert ops.get("/limits").json()[0]["errorCode"] == "API_CURRENTLY_DISABLED"
    act(sandbox, "add_permission_set", name="API")
    act(sandbox, "set_api_enabled", permission_set="API", enabled=True)
    act(sandbox, "assign_permission_set", name="API", username=OPS[0])
    assert ops.get("/limits").ok


@pytest.mark.parametrize(
    ("sobject", "name"),
    [
        ("Lead", "OwnerId"),
        ("Lead", "IsConverted"),
        ("Lead", "ConvertedContactId"),
        ("Lead", "Name"),
        ("Contact", "FirstName"),
        ("Lead", "IsUnreadByOwner"),
        ("OpportunityContactRole", "ContactId"),
        ("Lead", "Nothing"),
    ],
)
def test_field_that_cannot_be_hidden(sandbox: SandboxProcess, sobject: str, name: str) -> None:
    with pytest.raises(requests.HTTPError):
        act(sandbox, "hide_field", object=sobject, name=name, profile=STANDARD)


def test_view_all_records_overrides_sharing(sandbox: SandboxProcess, api: Api, ops: Api) -> None:
    everything = api.query("SELECT COUNT() FROM Lead")["totalSize"]
    soql = "SELECT PermissionsViewAllRecords FROM ObjectPermissions WHERE Parent.Profile.Name = '{}'"
    soql = soql.format("System Administrator") + " AND SobjectType = 'Lead'"
    view_all_data = "SELECT PermissionsViewAllData FROM Profile WHERE Name = 'System Administrator'"
    assert api.names(soql) == api.names(view_all_data) == [True]
    own = "SELECT PermissionsViewAllData FROM UserPermissionAccess"
    assert (api.names(own), ops.names(own)) == ([True], [False])
    act(sandbox, "set_sharing", username="admin@acme.example", sees="own")
    assert api.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
    assert api.names(soql) == api.names(view_all_data) == api.names(own) == [False]
    assert api.get("/connect/organization").json()["userSettings"]["canViewAllData"] is False
    act(sandbox, "set_object_permission", profile="System Administrator", object="Lead", view_all=True)
    assert api.query("SELECT COUNT() FROM Lead")["totalSize"] == everything
    assert api.names(soql) == [True]
    assert api.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 0


def test_api_only_user_signs_in_by_no_page(sandbox: SandboxProcess) -> None:
    with Browser(sandbox) as browser:
        browser.authorize()
        browser.log_in(INTEGRATION)
        assert browser.page.status_code == 403
        assert "Access Restricted for API Only Users" in browser.page.text
        browser.get("/lightning/setup/Anything/home")
        assert "Access Restricted" not in browser.page.text
        assert 'name="password"' in browser.page.text
    integration = Api(sandbox, soap_login(sandbox, INTEGRATION))
    assert integration.get("/limits").ok
    # Its profile gives access to no records: a permission set must.
    assert integration.refusal("SELECT Id FROM Lead")[0] == "INVALID_TYPE"
    act(sandbox, "set_object_permission", profile=API_ONLY, object="Lead", read=True)
    assert integration.query("SELECT COUNT() FROM Lead")["totalSize"]


def test_rows_about_fields_are_of_those_that_describe_says_can_be_hidden(api: Api) -> None:
    fields = api.get("/sobjects/Lead/describe").json()["fields"]
    soql = "SELECT Field FROM FieldPermissions WHERE SobjectType = 'Lead' AND Parent.Profile.Name = '{}'"
    expected = {f"Lead.{item['name']}" for item in fields if item["permissionable"]}
    assert set(api.names(soql.format(STANDARD))) == expected
    assert {"Lead.Email", "Lead.Address"} <= expected


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("set_object_permission", {"profile": "Nobody", "object": "Lead"}),
        ("set_object_permission", {"profile": STANDARD, "object": "Task"}),
        ("set_object_permission", {"permission_set": "Nothing", "object": "Lead"}),
        ("assign_permission_set_group", {"name": "Nothing", "username": OPS[0]}),
        ("assign_permission_set", {"name": "Nothing", "username": OPS[0]}),
        ("set_field_permission", {"profile": STANDARD, "object": "Lead", "name": "OwnerId"}),
        ("set_api_enabled", {"permission_set": "Nothing"}),
        ("mute_permission", {"name": "Nothing", "object": "Lead"}),
    ],
)
def test_wrong_permissions_are_refused(sandbox: SandboxProcess, action: str, body: dict[str, object]) -> None:
    with pytest.raises(requests.HTTPError):
        act(sandbox, action, **body)
