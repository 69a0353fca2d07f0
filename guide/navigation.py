"""Where this person may go: the areas of the rail and the pages under the gear."""

from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Member, User
from accounts.permissions import Permission
from connections.models import MarketoInstance
from guide.overview import overview_of
from guide.page_states import PageState, page_states
from guide.setup_state import setup_state_for
from guide.steps import Step


@dataclass(frozen=True)
class Page:
    """A link of the navigation; `state` is what stands at its end."""

    label: StrOrPromise
    url: str
    is_current: bool
    icon: str
    state: PageState | None = None


@dataclass(frozen=True)
class PageGroup:
    """Links under one heading."""

    label: StrOrPromise
    pages: list[Page]


# Group, label, URL name, permission; the labels and their order are the guide's.
SETTING_PAGES = [
    (_("My Account"), _("My Salesforce"), "connections:own_salesforce", Permission.CONNECT_OWN_SALESFORCE),
    (_("Admin Settings"), _("General"), "accounts:general", Permission.MANAGE_ACCOUNT),
    (_("Admin Settings"), _("User Management"), "members:users", Permission.MANAGE_USERS),
    (_("Admin Settings"), _("Team Management"), "accounts:teams", Permission.MANAGE_TEAMS),
    (_("Admin Settings"), _("Audit trail"), "accounts:audit", Permission.READ_AUDIT_TRAIL),
    (_("Admin Settings"), _("Salesforce"), "connections:salesforce", Permission.CONNECT_SALESFORCE),
    (_("Admin Settings"), _("Salesforce package"), "salesforce_package:package", Permission.CONFIGURE_PACKAGE),
    (_("Admin Settings"), _("Marketo"), "connections:marketo", Permission.CONNECT_MARKETO),
    (_("Admin Settings"), _("Data Sync"), "sync:settings", Permission.DECIDE_RUNS),
    (_("Admin Settings"), _("Notifications"), "notifications:channels", Permission.MANAGE_NOTIFICATIONS),
    (_("Integrations"), _("Diagnostics"), "diagnostics:diagnostics", Permission.READ_DIAGNOSTICS),
    (_("Integrations"), _("API tokens"), "api:tokens", Permission.MANAGE_API_TOKENS),
    (_("Sales account"), _("People"), "people:people", Permission.READ_PEOPLE),
]
# Tabler icons of the pages and areas, by URL name.
ICONS = {
    "guide:setup": "route",
    "guide:actions_config": "adjustments",
    "operations:overview": "activity",
    "accounts:profile": "user-circle",
    "connections:own_salesforce": "cloud",
    "accounts:general": "adjustments",
    "members:users": "users",
    "accounts:teams": "users-group",
    "accounts:audit": "history",
    "connections:salesforce": "cloud-computing",
    "salesforce_package:package": "package",
    "connections:marketo": "plug-connected",
    "sync:settings": "refresh",
    "notifications:channels": "bell",
    "notifications:own": "bell",
    "diagnostics:diagnostics": "stethoscope",
    "api:tokens": "key",
    "api:ops_tokens": "key",
    "people:people": "address-book",
}
# Pages on which people change how they sign in: My Profile leads to them.
OWN_SIGN_IN = "/accounts/"
# Where the area Sales account begins: with the first of these that the member may open.
FIRST_PAGES = {
    Permission.MANAGE_USERS: "members:users",
    Permission.CONNECT_SALESFORCE: "connections:salesforce",
    Permission.READ_PEOPLE: "people:people",
}


def areas(request: HttpRequest) -> dict[str, object]:
    """
    Context processor: `areas` of the rail; `setting_pages`, which only the settings layout calls; `next_step`, which
    pages call where something has just been done.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"areas": []}
    member: Member | None = request.member  # type: ignore[attr-defined]
    is_marketo_admin = MarketoInstance.objects.administered_by(user).exists()
    links = []
    if member or is_marketo_admin:
        links.append(_page(_("Setup guide"), "guide:setup", is_current=request.path == "/"))
    if is_marketo_admin:
        is_current = request.path.startswith("/marketo/")
        links.append(_page(_("Marketo"), "guide:actions_config", is_current=is_current))
    if member:
        first, is_current = _first_page(member), request.path.startswith(("/settings/", OWN_SIGN_IN))
        links.append(_page(_("Sales account"), first, is_current=is_current, icon="building"))
    if user.is_ops_staff or is_marketo_admin or (member and member.may(Permission.CONTROL_RUNS)):
        is_current = request.path.startswith("/ops/") and not request.path.startswith("/ops/operators/")
        links.append(_page(_("Sync operations"), "operations:overview", is_current=is_current))
    if user.is_ops_staff or user.is_superuser:
        is_current = request.path.startswith("/ops/operators/")
        links.append(_page(_("Operators"), "accounts:operators", is_current=is_current, icon="users"))
    return {
        "areas": links,
        "setting_pages": partial(_setting_pages, request.path, user, member),
        "next_step": partial(_next_step, request.path, user, member),
    }


def _next_step(path: str, user: User, member: Member | None) -> Step | None:
    """What the person can do next in the Setup guide, unless that is done on the page they look at."""
    facts = setup_state_for(user, member)
    overview = overview_of(facts) if facts else None
    # Once everything is set up, the status page and the bell tell what is wrong.
    step = overview.focus if overview and not overview.is_complete else None
    return step if step and step.action and step.action.url != path else None


def _first_page(member: Member) -> str:
    pages = (name for permission, name in FIRST_PAGES.items() if member.may(permission))
    return next(pages, "accounts:profile")


def _setting_pages(path: str, user: User, member: Member | None) -> list[PageGroup]:
    states = page_states(member) if member else {}
    groups = [PageGroup(_("My Account"), [_setting(_("My Profile"), "accounts:profile", path, states)])]
    if member or user.is_ops_staff:
        groups[0].pages.append(_setting(_("My Notifications"), "notifications:own", path, states))
    if user.is_ops_staff:
        groups[0].pages.append(_setting(_("My API tokens"), "api:ops_tokens", path, states))
    for heading, label, name, permission in SETTING_PAGES:
        if not member or not member.may(permission):
            continue
        if groups[-1].label != heading:
            groups.append(PageGroup(heading, []))
        groups[-1].pages.append(_setting(label, name, path, states))
    return groups


def _setting(label: StrOrPromise, name: str, path: str, states: dict[str, PageState]) -> Page:
    url = reverse(name)
    is_current = path.startswith((url, OWN_SIGN_IN) if name == "accounts:profile" else url)
    return Page(label, url, is_current, _icon(name), states.get(name))


def _page(label: StrOrPromise, name: str, *, is_current: bool, icon: str = "") -> Page:
    return Page(label, reverse(name), is_current, icon or _icon(name))


def _icon(name: str) -> str:
    return ICONS.get(name, "point")
