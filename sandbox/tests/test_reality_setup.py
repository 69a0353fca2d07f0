"""What an old org's Setup holds that a tidy one's does not: record types, panels, Lightning pages, odd packages."""

from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, Browser, act

TOOLING = "/tooling/query"
LAYOUTS = "/sobjects/{}/describe/layouts"


def components(layout: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        component
        for section in layout["detailLayoutSections"]
        for row in section["layoutRows"]
        for item in row["layoutItems"]
        for component in item["layoutComponents"]
    ]


def fields_of(layout: dict[str, Any]) -> set[str]:
    return {component["value"] for component in components(layout) if component["type"] == "Field"}


def panels_of(layout: dict[str, Any]) -> list[str]:
    return [component["value"] for component in components(layout) if component["type"] == "VisualforcePage"]


def layout_of(api: Api, sobject: str) -> dict[str, Any]:
    """The one layout of an object without record types."""
    [layout] = api.get(LAYOUTS.format(sobject)).json()["layouts"]
    return dict(layout)


def test_layouts_of_an_object_with_record_types(sandbox: SandboxProcess, api: Api) -> None:
    assert "Email" in fields_of(layout_of(api, "Lead"))
    act(sandbox, "add_record_types")
    answer = api.get(LAYOUTS.format("Lead")).json()
    assert answer["layouts"] is None
    mappings = {item["name"]: item for item in answer["recordTypeMappings"]}
    assert list(mappings) == ["Inbound", "Outbound", "Partner", "Master"]
    assert answer["recordTypeSelectorRequired"] == [True]
    for item in mappings.values():
        layout = api.get(item["urls"]["layout"]).json()
        assert (layout["id"], "Email" in fields_of(layout)) == (item["layoutId"], True)
    rows = api.query("SELECT Id FROM Layout WHERE EntityDefinitionId = 'Lead'", TOOLING)["records"]
    assert {row["Id"] for row in rows} == {item["layoutId"] for item in mappings.values()}
    assert api.get(LAYOUTS.format("Lead") + "/012000000000001AAA").status_code == 404
    # An object without types keeps its one layout.
    assert "Name" in fields_of(layout_of(api, "Account"))


def test_record_types_can_be_read_everywhere(sandbox: SandboxProcess, api: Api) -> None:
    assert api.names("SELECT Name FROM RecordType") == []
    assert "RecordTypeId" not in {item["name"] for item in api.get("/sobjects/Lead/describe").json()["fields"]}
    act(sandbox, "add_record_types")
    names = api.names("SELECT DeveloperName FROM RecordType WHERE SobjectType = 'Contact' AND IsActive = true")
    assert names == ["Customer", "Supplier"]
    infos = api.get("/sobjects/Contact/describe").json()["recordTypeInfos"]
    assert [item["name"] for item in infos] == ["Customer", "Supplier", "Master"]
    soql = "SELECT RecordTypesSupported FROM EntityDefinition WHERE QualifiedApiName = 'Contact'"
    [supported] = [row["RecordTypesSupported"]["recordTypeInfos"] for row in api.query(soql, TOOLING)["records"]]
    assert [item["recordTypeId"] for item in supported] == [item["recordTypeId"] for item in infos]
    leads = api.query("SELECT RecordTypeId, RecordType.Name FROM Lead")["records"]
    assert {lead["RecordType"]["Name"] if lead["RecordType"] else None for lead in leads} == {
        "Inbound",
        "Outbound",
        "Partner",
        None,
    }
    inbound = api.query("SELECT COUNT() FROM Lead WHERE RecordType.DeveloperName = 'Inbound'")["totalSize"]
    assert 0 < inbound < len(leads)


def test_record_type_of_a_written_record(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_record_types")
    [partner] = api.names("SELECT Id FROM RecordType WHERE DeveloperName = 'Partner'")
    made = api.create("Lead", LastName="Vega", Company="Vega", RecordTypeId=partner)
    assert api.record("Lead", made)["RecordTypeId"] == partner


def test_panel_on_the_layouts(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    assert panels_of(layout_of(api, "Lead")) == []
    act(sandbox, "add_layout_panel", object="Lead")
    [panel] = [item for item in components(layout_of(api, "Lead")) if item["type"] == "VisualforcePage"]
    assert (panel["value"], panel["url"]) == ("mkto_si__Lead", "/apex/mkto_si__Lead")
    assert (panel["suggestedHeight"], panel["showScrollbars"]) == ("450px", False)
    assert panels_of(layout_of(api, "Contact")) == []
    act(sandbox, "add_layout_panel", object="Lead", shown=False)
    assert panels_of(layout_of(api, "Lead")) == []


def test_panel_on_the_layout_of_one_record_type(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    act(sandbox, "add_record_types")
    act(sandbox, "add_layout_panel", object="Lead", record_type="Inbound")
    mappings = api.get(LAYOUTS.format("Lead")).json()["recordTypeMappings"]
    found = {item["name"]: len(panels_of(api.get(item["urls"]["layout"]).json())) for item in mappings}
    assert found == {"Inbound": 1, "Outbound": 0, "Partner": 0, "Master": 0}


def test_fields_on_a_lightning_page(sandbox: SandboxProcess, api: Api) -> None:
    assert api.query("SELECT Id FROM FlexiPage", TOOLING)["totalSize"] == 0
    act(sandbox, "use_dynamic_forms", object="Lead")
    shown = fields_of(layout_of(api, "Lead"))
    assert {"LastName", "Company"} <= shown
    assert not {"Email", "Title"} & shown
    assert "Email" in fields_of(layout_of(api, "Contact"))
    soql = "SELECT Type, EntityDefinitionId, Metadata FROM FlexiPage WHERE EntityDefinitionId = '{}'"
    [page] = api.query(soql.format("Lead"), TOOLING)["records"]
    assert page["Type"] == "RecordPage"
    [region] = page["Metadata"]["flexiPageRegions"]
    items = [item["fieldInstance"] for item in region["itemInstances"]]
    assert {"fieldItem": "Record.Email", "identifier": "Email"} in items
    assert api.refusal("SELECT Id FROM FlexiPage")[0] == "INVALID_TYPE"
    act(sandbox, "use_dynamic_forms", object="Contact")
    code, message = api.refusal("SELECT Metadata FROM FlexiPage", TOOLING)
    assert (code, message[-14:]) == ("MALFORMED_QUERY", "Result size: 2")


def package_fields(api: Api, sobject: str) -> set[str]:
    fields = api.get(f"/sobjects/{sobject}/describe").json()["fields"]
    return {item["label"] for item in fields if item["name"].startswith("mkto_si__")}


def test_newest_fields_of_the_package(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    assert len(package_fields(api, "Lead")) == len(package_fields(api, "Contact")) == 6
    act(sandbox, "install_package", fields="newest")
    leads, contacts = package_fields(api, "Lead"), package_fields(api, "Contact")
    assert (len(leads), len(contacts)) == (14, 13)
    assert {"Last Marketo Engagement by Sales", "View in Marketo"} <= leads
    assert contacts - leads == {"MKTO Lead Score", "Sales Insight"}
    assert "mkto_si__View_in_Marketo__c" in fields_of(layout_of(api, "Lead"))
    act(sandbox, "uninstall_package")
    assert package_fields(api, "Lead") == set()


def test_package_without_a_version(sandbox: SandboxProcess, api: Api) -> None:
    soql = "SELECT SubscriberPackage.Name, SubscriberPackageVersion.MajorVersion FROM InstalledSubscriberPackage"
    act(sandbox, "install_package", versioned=False)
    act(sandbox, "install_other_package", name="Marketo Extras", version="2.1.0.3")
    ours, other = api.query(soql, TOOLING)["records"]
    assert (ours["SubscriberPackage"]["Name"], ours["SubscriberPackageVersion"]) == ("Marketo Sales Insight", None)
    assert other["SubscriberPackageVersion"]["MajorVersion"] == 2


def test_spoiled_answers_of_the_tooling_api(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    packages = "SELECT SubscriberPackage.Name FROM InstalledSubscriberPackage"
    act(sandbox, "spoil_tooling", object="InstalledSubscriberPackage", how="refused")
    refused = api.get(TOOLING, params={"q": packages})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    settings = "SELECT FullName, Metadata FROM EmailAdministrationSettings"
    act(sandbox, "spoil_tooling", object="EmailAdministrationSettings", how="shape")
    [row] = api.query(settings, TOOLING)["records"]
    assert row.keys() == {"attributes", "FullName"}
    assert api.query("SELECT Id FROM RemoteProxy", TOOLING)["totalSize"] == 0
    act(sandbox, "spoil_tooling", object="InstalledSubscriberPackage", how="not")
    assert api.query(packages, TOOLING)["totalSize"] == 1


def test_later_pages_of_a_tooling_query(sandbox: SandboxProcess, api: Api) -> None:
    for number in range(60):
        act(sandbox, "add_remote_site", name=f"Site{number}", url=f"https://{number}.example.com")
    sandbox.post("/_sandbox/faults", {"path": "tooling/query", "kind": "salesforce:small_pages", "count": 1})
    first = api.query("SELECT SiteName FROM RemoteProxy", TOOLING)
    second = api.get(first["nextRecordsUrl"]).json()
    assert (len(first["records"]), len(second["records"]), second["done"]) == (50, 10, True)


def test_changes_in_setup_are_written_down(sandbox: SandboxProcess, api: Api) -> None:
    soql = "SELECT Action, Section, Display, CreatedDate, CreatedBy.Username FROM SetupAuditTrail ORDER BY Id"
    assert api.query(soql)["totalSize"] == 0
    act(sandbox, "add_permission_set", name="Lead Readers")
    act(sandbox, "refuse_rows", object="Lead", code="X")
    with Browser(sandbox) as browser:
        browser.get("/lightning/setup/SecurityRemoteProxy/home")
        browser.log_in(("salesforce-admin@demo.example", "Demo-Passw0rd!"))
        browser.submit(action="add_all_remote_sites")
    first, second = api.query(soql)["records"]
    assert (first["Action"], first["Section"]) == ("PermSetCreate", "Manage Users")
    assert first["Display"] == "Add permission set: name Lead Readers"
    assert first["CreatedBy"]["Username"] == "admin@acme.example"
    assert second["Action"] == "add_all_remote_sites"
    assert second["CreatedBy"]["Username"] == "salesforce-admin@demo.example"
    assert api.query("SELECT COUNT() FROM SetupAuditTrail WHERE CreatedDate = TODAY")["totalSize"] == 2


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("add_layout_panel", {"object": "Lead"}),
        ("use_dynamic_forms", {"object": "User"}),
        ("install_package", {"fields": "some"}),
        ("spoil_tooling", {"object": "RemoteProxy", "how": "somehow"}),
    ],
)
def test_wrong_set_up_is_refused(sandbox: SandboxProcess, action: str, body: dict[str, object]) -> None:
    with pytest.raises(requests.HTTPError):
        act(sandbox, action, **body)


def test_layouts_by_profile_and_record_type(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    act(sandbox, "add_record_types")
    act(sandbox, "add_layout", object="Lead", profile="Sales User", name="Lead Sales Layout")
    act(sandbox, "add_layout_panel", object="Lead", record_type="Inbound")
    act(sandbox, "set_layout_field", object="Lead", layout="Lead Inbound Layout", name="Email", shown=False)
    soql = "SELECT LayoutId, Layout.Name, Profile.Name FROM ProfileLayout WHERE TableEnumOrId = 'Lead'"
    rows = api.query(soql, TOOLING)["records"]
    of_sales = {row["Layout"]["Name"] for row in rows if row["Profile"]["Name"] == "Sales User"}
    of_others = {row["Layout"]["Name"]: row["LayoutId"] for row in rows if row["Profile"]["Name"] != "Sales User"}
    assert of_sales == {"Lead Sales Layout"}
    assert set(of_others) == {f"Lead {name}Layout" for name in ("", "Inbound ", "Outbound ", "Partner ")}
    items = _layout_items(api, of_others["Lead Inbound Layout"])
    assert {"page": "mkto_si__Lead", "height": 450, "width": "100%"} in items
    assert {"behavior": "Edit", "field": "Phone"} in items
    assert not any(item.get("field") == "Email" for item in items)
    assert any(item.get("field") == "Email" for item in _layout_items(api, of_others["Lead Outbound Layout"]))


def _layout_items(api: Api, layout_id: str) -> list[dict[str, Any]]:
    soql = f"SELECT Metadata FROM Layout WHERE Id = '{layout_id}'"  # noqa: S608
    [row] = api.query(soql, TOOLING)["records"]
    columns = [column for section in row["Metadata"]["layoutSections"] for column in section["layoutColumns"]]
    return [item for column in columns for item in column["layoutItems"]]


def test_panel_on_a_lightning_page(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "install_package")
    act(sandbox, "use_dynamic_forms", object="Contact")
    act(sandbox, "add_page_panel", object="Contact")
    soql = "SELECT Metadata FROM FlexiPage WHERE EntityDefinitionId = 'Contact'"
    [row] = api.query(soql, TOOLING)["records"]
    items = row["Metadata"]["flexiPageRegions"][0]["itemInstances"]
    assert items[-1]["componentInstance"]["componentInstanceProperties"][0]["value"] == "mkto_si__Contact"
    with pytest.raises(requests.HTTPError):
        act(sandbox, "add_page_panel", object="Lead")
