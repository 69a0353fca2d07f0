"""The 22 clicks of the guide, in its order, with their labels in English and in Swedish."""

from typing import NamedTuple

ADMIN = "/marketo/admin/"
CONFIG = "/marketo/sales-insight/config/"
ACTIONS_CONFIG = "/marketo/sales-insight/actions-config/"
PREVIEW = f"{ACTIONS_CONFIG}sync/"
SALESFORCE = "/settings/admin/salesforce/"
MARKETO = "/settings/admin/marketo/"
USERS = "/settings/admin/users/"


class Click(NamedTuple):
    """Where something is clicked in which step, its label in both languages, and for a link where it leads."""

    step: int
    page: str
    english: str
    swedish: str
    leads_to: str = ""


CLICKS = [
    Click(1, ADMIN, "Admin", "Administratör", ADMIN),
    Click(1, ADMIN, "Sales Insight", "Försäljningsinsikter", CONFIG),
    Click(1, CONFIG, "Actions Config", "Åtgärdskonfiguration", ACTIONS_CONFIG),
    Click(1, f"{ACTIONS_CONFIG}?ask=1", "Send Invite", "Skicka inbjudan"),
    Click(2, "/", "Settings", "Inställningar", "/settings/profile/"),
    Click(2, "/settings/profile/", "Salesforce", "Salesforce", SALESFORCE),
    Click(2, SALESFORCE, "Connections & Customizations", "Anslutningar och anpassningar", SALESFORCE),
    Click(2, SALESFORCE, "Connect", "Anslut"),
    Click(2, f"{SALESFORCE}connect/?choice=production", "OK", "OK"),
    Click(3, "/settings/profile/", "Marketo", "Marketo", MARKETO),
    Click(3, MARKETO, "Connect", "Koppla"),
    Click(4, ACTIONS_CONFIG, "Admin", "Administratör", ADMIN),
    Click(4, ADMIN, "Sales Insight", "Försäljningsinsikter", CONFIG),
    Click(4, CONFIG, "Actions Config", "Åtgärdskonfiguration", ACTIONS_CONFIG),
    Click(4, ACTIONS_CONFIG, "Sync", "Synkronisera", PREVIEW),
    Click(4, PREVIEW, "Start Sync", "Starta synkronisering"),
    Click(5, "/settings/profile/", "User Management", "Användarhantering", USERS),
    Click(5, USERS, "Actions", "Åtgärder"),
    Click(5, USERS, "Invite Users", "Bjud in användare", f"{USERS}invite/"),
    Click(5, f"{USERS}invite/", "Invite", "Bjud in"),
    Click(5, USERS, "Invite Users via CSV", "Bjud in användare via CSV", f"{USERS}invite-csv/"),
    Click(5, f"{USERS}invite-csv/", "Next", "Nästa"),
]
