"""Step 7, Sales Insight Actions. Facts are those of Adobe's "Sales Insight Actions Configuration in Salesforce"."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from clients.values import as_text, flag, required, whole_number
from salesforce_package.facts import (
    ACTIONS_SOURCE,
    ACTIVITY_FIELDS,
    ACTIVITY_FIELDS_SOURCE,
    LIST_BUTTONS_SOURCE,
    OPT_OUT_FIELDS,
    TASK_TYPES,
    TASK_TYPES_SOURCE,
    ActivityField,
)
from salesforce_package.items.buttons import shows_buttons
from salesforce_package.items.declaration import (
    CONFIG_TAB,
    KEPT_BY_THE_PACKAGE,
    OBJECT_MANAGER,
    Evidence,
    Item,
    Place,
    Section,
)
from salesforce_package.items.layouts import has_fields_of_people, judge_surfaces, lacks_fields
from salesforce_package.items.remote_sites import remote_site
from salesforce_package.items.users import judge_users
from salesforce_package.org import Finding, Org, State
from salesforce_package.rights import OrgUser

LIST_VIEW_BUTTONS = ("Send Sales Email", "Add to Sales Campaign")

EVIDENCE: Evidence = {
    "fields": _("%(right)s of %(total)s fields are right."),
    "field_right": _("Right."),
    "field_missing": _("Missing, or hidden from the connected user."),
    "field_type": _("The type is %(found)s, it must be %(needed)s."),
    "field_length": _("The length is %(found)s, it must be at least %(needed)s."),
    "room_needed": _("Fields that have yet to find room: %(count)s."),
    "room_used": _("All 15 fields have found room."),
    "types_missing": _("Missing: %(names)s."),
    "types_default": _("%(name)s is the default value."),
    "types_right": _("Email, Call and Reply are there, and none is the default."),
    "email_active": _("Email to Salesforce is active. Which addresses users list, only they can see."),
    "email_inactive": _("Email to Salesforce is not active. That is right unless emails are logged by BCC."),
    "edit_fields": _("Users who can see and edit all 15 fields: %(able)s of %(count)s."),
}


def _has_activity_fields(org: Org) -> Finding:
    parts = [_activity_field(wanted, org.task_fields.get(wanted.name)) for wanted in ACTIVITY_FIELDS]
    right = sum(part.state is State.DONE for part in parts)
    state = State.DONE if right == len(parts) else State.MISSING
    return Finding(state, "fields", {"right": right, "total": len(parts)}, parts)


def _activity_field(wanted: ActivityField, found: dict[str, Any] | None) -> Finding:
    values: dict[str, str | int] = {"name": wanted.name}
    if found is None:
        return Finding(State.MISSING, "field_missing", values)
    kind, length = required(as_text(found["type"])), required(whole_number(found["length"]))
    if kind != wanted.type:
        return Finding(State.MISSING, "field_type", {**values, "found": kind, "needed": wanted.type})
    if length < wanted.length:
        return Finding(State.MISSING, "field_length", {**values, "found": length, "needed": wanted.length})
    return Finding(State.DONE, "field_right", values)


def _has_room_for_fields(org: Org) -> Finding:
    missing = [wanted.name for wanted in ACTIVITY_FIELDS if wanted.name not in org.task_fields]
    if missing:
        return Finding(State.UNKNOWN, "room_needed", {"count": len(missing)})
    return Finding(State.DONE, "room_used")


def _lets_fields_be_edited(org: Org) -> Finding:
    """Field-level security does not govern a field that the org requires: everybody can edit it."""

    def lacks(user: OrgUser) -> list[str]:
        return [name for name in names if f"Task.{name}" not in editable[user.id]]

    open_to_all = {name for name, item in org.task_fields.items() if flag(item["permissionable"]) is False}
    names = [item.name for item in ACTIVITY_FIELDS if item.name not in open_to_all]
    editable = org.rights.editable([f"Task.{name}" for name in names])
    return judge_users(org, "edit_fields", lacks)


def _has_fields_on_layout(org: Org) -> Finding:
    return judge_surfaces(org, {"Task": lacks_fields({item.label: item.name for item in ACTIVITY_FIELDS})})


def _has_task_types(org: Org) -> Finding:
    values = [item for item in org.task_fields.get("Type", {}).get("picklistValues", []) if flag(item["active"])]
    missing = [name for name in TASK_TYPES if name not in {item["value"] for item in values}]
    default = next((item["value"] for item in values if flag(item["defaultValue"]) is not False), "")
    if missing:
        return Finding(State.MISSING, "types_missing", {"names": ", ".join(missing)})
    if default:
        return Finding(State.MISSING, "types_default", {"name": default})
    return Finding(State.DONE, "types_right")


def _has_email_to_salesforce(org: Org) -> Finding:
    rows = org.client.tooling_query("SELECT FullName, Metadata FROM EmailAdministrationSettings")
    is_active = any(required(flag(row["Metadata"]["enableEmailToSalesforce"])) for row in rows)
    # Without it nothing is missing where emails are logged through the API.
    return Finding(State.DONE, "email_active") if is_active else Finding(State.UNKNOWN, "email_inactive")


SECTION = Section(
    7,
    _("MSI Actions"),
    _("MSI Actions"),
    (
        remote_site(
            "ims_site",
            title=_("Remote site for Adobe sign-in"),
            how=_("Enter the name and the URL exactly and tick Active."),
            name="MarketoSalesInsight1",
            url="https://ims-na1.adobelogin.com",
            source=ACTIONS_SOURCE,
        ),
        remote_site(
            "actions_site",
            title=_("Remote site for Sales Insight Actions"),
            how=_("Enter the name and the URL exactly and tick Active."),
            name="MarketoSalesInsight2",
            url="https://mkto-sales-connect.adobe.io",
            source=ACTIONS_SOURCE,
        ),
        Item(
            key="actions_enabled",
            title=_("MSI Actions is enabled"),
            place=Place.PACKAGE_CONFIG,
            where=CONFIG_TAB,
            how=_("Tick Enable MSI Actions. It switches every feature of Actions on for all MSI users."),
            by_hand=KEPT_BY_THE_PACKAGE,
        ),
        Item(
            key="api_secret_key",
            title=_("The API Secret Key is entered"),
            place=Place.PACKAGE_CONFIG,
            where=CONFIG_TAB,
            how=_("Enter the API secret that was set in Marketo, then Save."),
            by_hand=KEPT_BY_THE_PACKAGE,
        ),
        Item(
            key="governance",
            title=_("Features you do not want are switched off"),
            place=Place.PACKAGE_CONFIG,
            where=CONFIG_TAB,
            how=_("Hide Sales Campaigns or the Task tab, or switch single actions off; it counts for all MSI users."),
            is_optional=True,
            by_hand=KEPT_BY_THE_PACKAGE,
        ),
        Item(
            key="list_view_buttons",
            title=_("List views have the Actions buttons"),
            place=Place.LIST_VIEWS,
            where=_("Setup > Object Manager > Lead, Contact > List View Button Layout"),
            how=_("Add both buttons. If they are not offered, upgrade the package."),
            path=f"{OBJECT_MANAGER}/Lead/SearchLayouts/view",
            values=LIST_VIEW_BUTTONS,
            check=shows_buttons(*LIST_VIEW_BUTTONS),
            source=LIST_BUTTONS_SOURCE,
        ),
        Item(
            key="activity_fields",
            title=_("The 15 activity fields exist"),
            place=Place.FIELDS,
            where=_("Setup > Object Manager > Activity > Fields & Relationships > New"),
            how=_(
                "The package does not bring these: create each by hand. Names must match exactly, labels may differ."
            ),
            path=f"{OBJECT_MANAGER}/Activity/FieldsAndRelationships/view",
            check=_has_activity_fields,
            source=ACTIVITY_FIELDS_SOURCE,
        ),
        Item(
            key="field_security",
            title=_("Users can see and edit the activity fields"),
            place=Place.FIELDS,
            where=_("Setup > Object Manager > Activity > Fields & Relationships > field > Set Field-Level Security"),
            how=_("Tick Visible and leave Read-Only empty for the users' profiles; otherwise the values stay empty."),
            path=f"{OBJECT_MANAGER}/Activity/FieldsAndRelationships/view",
            check=_lets_fields_be_edited,
        ),
        Item(
            key="task_layout",
            title=_("The activity fields are on the Task layout"),
            place=Place.PAGE_LAYOUTS,
            where=_("Setup > Object Manager > Task > Page Layouts"),
            how=_("Add the fields people should see, also to the columns of the list Activity History."),
            path=f"{OBJECT_MANAGER}/Task/PageLayouts/view",
            check=_has_fields_on_layout,
        ),
        Item(
            key="task_types",
            title=_("Task Type has Email, Call and Reply, and no default"),
            place=Place.FIELDS,
            where=_("Setup > Object Manager > Task > Fields & Relationships > Type"),
            how=_("Spell the values exactly so; clear Default for all values."),
            path=f"{OBJECT_MANAGER}/Task/FieldsAndRelationships/view",
            values=TASK_TYPES,
            check=_has_task_types,
            source=TASK_TYPES_SOURCE,
        ),
        Item(
            key="opt_out_fields",
            title=_("The opt-out fields are on the Lead and Contact layouts"),
            place=Place.PAGE_LAYOUTS,
            where=_("Setup > Object Manager > Lead, Contact > Page Layouts > Fields"),
            how=_("Add Email Opt Out and Marketo Sales Opt Out."),
            path=f"{OBJECT_MANAGER}/Lead/PageLayouts/view",
            values=tuple(field.label for field in OPT_OUT_FIELDS["Lead"]),
            check=has_fields_of_people(OPT_OUT_FIELDS),
        ),
        Item(
            key="email_to_salesforce",
            title=_("Email to Salesforce is active"),
            place=Place.ORG,
            where=_("Setup > Email Administration > Email to Salesforce"),
            how=_("Only if emails are logged by BCC: tick Active and let users list their addresses."),
            is_optional=True,
            check=_has_email_to_salesforce,
        ),
        Item(
            key="field_room",
            title=_("There is room for 15 custom activity fields"),
            place=Place.FIELDS,
            where=_("Setup > Object Manager > Activity > Fields & Relationships"),
            how=_("Salesforce limits the number of custom fields by edition."),
            path=f"{OBJECT_MANAGER}/Activity/FieldsAndRelationships/view",
            is_optional=True,
            check=_has_room_for_fields,
        ),
    ),
)
