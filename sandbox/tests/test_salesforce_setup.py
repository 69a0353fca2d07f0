"""Packages, remote sites, fields and permissions, as the API shows them and as Setup changes them."""

import re
from typing import Any

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, Browser, act

TOOLING = "/tooling/query"
INSTALL = "/packaging/installPackage.apexp"
SITES = "/lightning/setup/SecurityRemoteProxy/home"
BUTTONS = "/lightning/setup/ObjectManager/Lead/SearchLayouts/view"
FIELDS = "/lightning/setup/ObjectManager/Task/FieldsAndRelationships/view"
PACKAGES = "/lightning/setup/ImportedPackage/home"
PACKAGE_SOQL = (
    "SELECT SubscriberPackageId, SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, "
    "SubscriberPackageVersion.MajorVersion, SubscriberPackageVersion.MinorVersion "
    "FROM InstalledSubscriberPackage ORDER BY SubscriberPackageId"
)


def task_fields(api: Api) -> dict[str, Any]:
    return {field["name"]: field for field in api.get("/sobjects/Task/describe").json()["fields"]}


def test_salesforce_40_package_is_absent_then_present(sandbox: SandboxProcess, api: Api) -> None:
    absent = api.query(PACKAGE_SOQL, TOOLING)
    assert absent | {"records": []} == {
        "size": 0,
        "totalSize": 0,
        "done": True,
        "queryLocator": None,
        "entityTypeName": "InstalledSubscriberPackage",
        "records": [],
    }
    act(sandbox, "install_package", version="1.4359.2.0")
    [package] = api.query(PACKAGE_SOQL, TOOLING)["records"]
    assert package["SubscriberPackageId"].startswith("033")
    assert package["SubscriberPackage"]["NamespacePrefix"] == "mkto_si"
    assert package["SubscriberPackageVersion"]["MinorVersion"] == 4359
    assert api.names("SELECT Status FROM PackageLicense WHERE NamespacePrefix = 'mkto_si'") == ["Active"]
    act(sandbox, "uninstall_package")
    assert api.query(PACKAGE_SOQL, TOOLING)["totalSize"] == 0


def test_salesforce_40_package_cannot_be_told_without_view_setup(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "hide_setup")
    assert api.refusal(PACKAGE_SOQL, TOOLING)[0] == "INVALID_TYPE"


@pytest.mark.parametrize(
    ("soql", "resource", "code"),
    [
        (PACKAGE_SOQL, "/query", "INVALID_TYPE"),
        ("SELECT Id FROM SubscriberPackageVersion", TOOLING, "MALFORMED_QUERY"),
        (
            "SELECT Id FROM InstalledSubscriberPackage WHERE SubscriberPackageId = '033Hs0000004Msi'",
            TOOLING,
            "INVALID_FIELD",
        ),
        ("SELECT Id FROM FieldDefinition", TOOLING, "MALFORMED_QUERY"),
        ("SELECT Id FROM EntityDefinition WHERE Label = 'a' OR Label = 'b'", TOOLING, "MALFORMED_QUERY"),
        ("SELECT Id FROM EntityDefinition WHERE Label != 'a'", TOOLING, "MALFORMED_QUERY"),
        ("SELECT COUNT() FROM EntityDefinition", TOOLING, "MALFORMED_QUERY"),
    ],
)
def test_salesforce_40_metadata_queries_that_salesforce_refuses(api: Api, soql: str, resource: str, code: str) -> None:
    assert api.refusal(soql, resource)[0] == code


def test_package_objects_and_their_deployment(sandbox: SandboxProcess, api: Api) -> None:
    soql = "SELECT DeploymentStatus, QualifiedApiName FROM EntityDefinition WHERE NamespacePrefix = 'mkto_si'"
    assert api.query(soql, TOOLING)["records"] == []
    act(sandbox, "install_package")
    act(sandbox, "set_deployed", object="mkto_si__Values__c", deployed=False)
    found = {item["QualifiedApiName"]: item["DeploymentStatus"] for item in api.query(soql, TOOLING)["records"]}
    assert len(found) == 11
    assert [name for name, status in found.items() if status != "Deployed"] == ["mkto_si__Values__c"]


def test_salesforce_41_package_brings_fields_buttons_and_a_permission_set(sandbox: SandboxProcess, api: Api) -> None:
    buttons = "SELECT MasterLabel FROM WebLink WHERE NamespacePrefix = 'mkto_si' AND PageOrSobjectType = 'Lead'"
    layout = "/sobjects/Lead/describe/layouts"
    assert api.names(buttons) == []
    assert api.get(layout).json()["layouts"][0]["buttonLayoutSection"]["detailButtons"] == []
    act(sandbox, "install_package")
    act(sandbox, "assign_permission_set", username="ops@demo.example")
    actions = ["Send Sales Email", "Add to Sales Campaign"]
    assert api.names(buttons) == [*actions, "Add to Marketo Campaign (lightning)", "Send Marketo Email (lightning)"]
    assert len(api.get(layout).json()["layouts"][0]["buttonLayoutSection"]["detailButtons"]) == 2
    assert api.query("SELECT mkto_si__Urgency_Value__c FROM Contact LIMIT 1")["totalSize"] == 1
    soql = "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Label = 'Marketo App Access'"
    assert [item["Assignee"]["Username"] for item in api.query(soql)["records"]] == ["ops@demo.example"]


def test_salesforce_42_standard_rights_and_org_facts(sandbox: SandboxProcess, api: Api) -> None:
    soql = "SELECT SobjectType FROM ObjectPermissions WHERE Parent.Profile.Name = 'Standard User'"
    assert set(api.names(soql)) >= {"Lead", "Contact", "Account", "Opportunity"}
    [org] = api.query("SELECT Id, Name, IsSandbox FROM Organization")["records"]
    assert (org["Name"], org["IsSandbox"]) == ("Acme Inc", False)
    act(sandbox, "set_sandbox")
    assert api.names("SELECT IsSandbox FROM Organization") == [True]


def test_missing_and_hidden_fields_can_be_told_apart(sandbox: SandboxProcess, api: Api) -> None:
    particle = "SELECT DataType FROM EntityParticle WHERE EntityDefinition.QualifiedApiName = 'Task' AND {}"
    wanted = particle.format("QualifiedApiName = 'MSE_Campaign__c'")
    granted = "SELECT Parent.Profile.Name FROM FieldPermissions WHERE Field = 'Task.MSE_Campaign__c'"
    assert api.names(wanted) == api.names(granted) == []
    act(sandbox, "add_all_activity_fields")
    assert (api.names(wanted), len(api.names(granted))) == (["string"], 5)
    act(sandbox, "hide_field", object="Task", name="MSE_Campaign__c")
    assert "MSE_Campaign__c" not in task_fields(api)
    assert (api.names(wanted), api.names(granted)) == (["string"], [])


def test_other_ways_to_see_a_package_and_an_administrator(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package", version="1.4359.2.0")
    publishers = api.query("SELECT NamespacePrefix, MinorVersion, IsSalesforce FROM Publisher", TOOLING)["records"]
    assert [item["NamespacePrefix"] for item in publishers] == [None, "mkto_si"]
    assert publishers[1]["MinorVersion"] == 4359
    assert "Publisher" in {item["name"] for item in api.get("/tooling/sobjects").json()["sobjects"]}
    described = api.get("/tooling/sobjects/RemoteProxy/describe").json()
    assert "EndpointUrl" in {field["name"] for field in described["fields"]}
    assert api.get("/connect/organization").json()["userSettings"]["canModifyAllData"] is True


def test_salesforce_40_two_packages_in_one_namespace(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    act(sandbox, "install_other_package", name="Marketo Extras", namespace="mkto_si", version="2.1.0.3")
    ours, other = api.query(PACKAGE_SOQL.replace(" ORDER BY SubscriberPackageId", ""), TOOLING)["records"]
    assert ours["SubscriberPackage"]["NamespacePrefix"] == other["SubscriberPackage"]["NamespacePrefix"]
    assert ours["SubscriberPackageId"] != other["SubscriberPackageId"]
    assert other["SubscriberPackageVersion"]["MajorVersion"] == 2


def test_salesforce_41_button_can_be_off_the_layout(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    act(sandbox, "set_layout_button", object="Lead", name="Send_Sales_Email", shown=False)

    def buttons(sobject: str) -> list[str]:
        layout = api.get(f"/sobjects/{sobject}/describe/layouts").json()["layouts"][0]
        return [button["name"] for button in layout["buttonLayoutSection"]["detailButtons"]]

    assert buttons("Lead") == ["Add_to_Sales_Campaign"]
    assert buttons("Contact") == ["Send_Sales_Email", "Add_to_Sales_Campaign"]
    names = "SELECT Name FROM WebLink WHERE PageOrSobjectType = 'Lead'"
    assert "Send_Sales_Email" in api.names(names)
    act(sandbox, "set_layout_button", object="Lead", name="Send_Sales_Email")
    assert buttons("Lead") == ["Send_Sales_Email", "Add_to_Sales_Campaign"]


@pytest.mark.parametrize("status", ["Free", "Trial", "Active", "Expired"])
def test_salesforce_41_states_of_the_licence(sandbox: SandboxProcess, api: Api, status: str) -> None:
    act(sandbox, "install_package")
    act(sandbox, "set_package_license", status=status)
    assert api.names("SELECT Status FROM PackageLicense WHERE NamespacePrefix = 'mkto_si'") == [status]


def test_task_type_values(sandbox: SandboxProcess, api: Api) -> None:
    assert [item["value"] for item in task_fields(api)["Type"]["picklistValues"]] == ["Call", "Meeting", "Other"]
    act(sandbox, "set_task_types", values=["Email", "Call", "Reply"], default="Call")
    values = {item["value"]: item["defaultValue"] for item in task_fields(api)["Type"]["picklistValues"]}
    assert values == {"Email": False, "Call": True, "Reply": False}


def test_field_has_57_keys_and_the_asked_length(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Task", name="MSE_Campaign__c", type="string", length=80)
    field = task_fields(api)["MSE_Campaign__c"]
    assert (len(field), field["length"], field["custom"]) == (57, 80, True)
    act(sandbox, "remove_field", object="Task", name="MSE_Campaign__c")
    assert "MSE_Campaign__c" not in task_fields(api)


def test_remote_sites_of_the_api(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_remote_site", name="Old", url="https://example.com", active=False)
    [site] = api.query("SELECT SiteName, EndpointUrl, IsActive FROM RemoteProxy", TOOLING)["records"]
    assert (site["SiteName"], site["EndpointUrl"], site["IsActive"]) == ("Old", "https://example.com", False)


def test_steps_6_and_7_by_clicking(sandbox: SandboxProcess, api: Api) -> None:
    with Browser(sandbox) as browser:
        assert "/login" in browser.get(PACKAGES)
        assert browser.log_in() == sandbox.url + PACKAGES
        link = re.search(rf'href="{re.escape(INSTALL)}(\?p0=04t\w+)"', browser.page.text)
        assert link
        browser.get(INSTALL + link[1])
        browser.submit(action="install_package")
        assert "1.8000.0.0 is installed" in browser.page.text
        browser.get(SITES)
        browser.submit(action="add_all_remote_sites")
        browser.get(FIELDS)
        browser.submit(action="add_all_activity_fields")
        browser.submit(action="set_task_types", values="Email\r\nCall\r\nReply", default="")
        browser.get(BUTTONS)
        browser.submit(action="add_all_list_view_buttons")
    assert api.query(PACKAGE_SOQL, TOOLING)["totalSize"] == 1
    assert {item["EndpointUrl"] for item in api.query("SELECT EndpointUrl FROM RemoteProxy", TOOLING)["records"]} == {
        "https://ims-na1.adobelogin.com",
        "https://mkto-sales-connect.adobe.io",
    }
    soql = "SELECT LayoutType, ButtonsDisplayed FROM SearchLayout WHERE EntityDefinitionId = 'Contact'"
    shown = {item["LayoutType"]: item["ButtonsDisplayed"] for item in api.query(soql, TOOLING)["records"]}
    assert "Send Sales Email" in {button["label"] for button in shown["ListView"]["buttons"]}
    assert shown["SearchResult"] is None
    fields = task_fields(api)
    assert sum(field["custom"] for field in fields.values()) == 15
    assert [item["value"] for item in fields["Type"]["picklistValues"]] == ["Email", "Call", "Reply"]


def test_upgrade_by_clicking(sandbox: SandboxProcess) -> None:
    act(sandbox, "install_package", version="1.4359.2.0")
    with Browser(sandbox) as browser:
        browser.get(INSTALL)
        browser.log_in()
        assert re.search(r">\s*Upgrade\s*</button>", browser.page.text)
        browser.submit(action="install_package", version="1.8000.0.0")
        assert "1.8000.0.0 is installed" in browser.page.text
        browser.get(INSTALL, {"p0": "04t000000000000"})
        assert "does not know this package version" in browser.page.text


def test_every_setup_page_opens(sandbox: SandboxProcess) -> None:
    act(sandbox, "install_package")
    with Browser(sandbox) as browser:
        browser.get("/lightning/setup/Anything/home")
        browser.log_in()
        links = re.findall(r'<li><a href="([^"]+)">([^<]+)<', browser.page.text)
        assert len(links) == 9
        for address, title in links:
            browser.get(address)
            assert f"<h1>{title}</h1>" in browser.page.text


def test_app_is_blocked_and_unblocked_by_clicking(sandbox: SandboxProcess) -> None:
    with Browser(sandbox) as browser:
        browser.get("/lightning/setup/ConnectedAppsUsage/home")
        browser.log_in()
        browser.submit(action="block_app", blocked="true")
        assert re.search(r">\s*Unblock\s*<", browser.page.text)
        assert "error=OAUTH_APP_BLOCKED" in browser.authorize()


def test_partner_rules_are_enforced_and_sessions_ended_by_clicking(sandbox: SandboxProcess, api: Api) -> None:
    with Browser(sandbox) as browser:
        browser.get("/lightning/setup/ConnectedAppsUsage/home")
        browser.log_in()
        browser.submit(action="strict_mode", strict="true")
        assert ">Relax<" in browser.page.text
        browser.submit(action="end_sessions")
    assert sandbox.get("/_sandbox/state")["org"]["policies"]["idle_days"] == 30
    assert api.get("/limits").status_code == 401


def test_mistake_in_setup_is_explained_on_the_page(sandbox: SandboxProcess) -> None:
    with Browser(sandbox) as browser:
        browser.get(FIELDS)
        browser.log_in()
        browser.submit(action="add_field", object="Task", name="MSE_Campaign", type="string")
        assert browser.page.status_code == 400
        assert "ends in __c" in browser.page.text


def test_quick_actions_of_an_object(api: Api) -> None:
    assert "LogACall" in {action["name"] for action in api.get("/sobjects/Lead/quickActions").json()}
    assert api.get("/sobjects/Xyzzy/quickActions").status_code == 404
