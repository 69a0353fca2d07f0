"""Where this person may go: the areas of the rail and the pages under the gear."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Member, User
from accounts.permissions import Permission
from connections.models import MarketoInstance


@dataclass(frozen=True)
class Page:
    """A link of the navigation."""

    label: StrOrPromise
    url: str
    is_current: bool


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
    (_("Admin Settings"), _("Data Sync"), "sync:settings", Permission.CONTROL_RUNS),
    (_("Integrations"), _("Diagnostics"), "diagnostics:diagnostics", Permission.READ_DIAGNOSTICS),
    (_("Sales account"), _("People"), "people:people", Permission.READ_PEOPLE),
]
# Where the area Sales account begins: with the first of these that the member may open.
FIRST_PAGES = {
    Permission.MANAGE_USERS: "members:users",
    Permission.CONNECT_SALESFORCE: "connections:salesforce",
    Permission.READ_PEOPLE: "people:people",
}


def areas(request: HttpRequest) -> dict[str, object]:
    """Context processor: `areas` of the rail and `setting_pages` of the settings layout."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"areas": []}
    member: Member | None = request.member  # type: ignore[attr-defined]
    is_marketo_admin = MarketoInstance.objects.administered_by(user).exists()
    links = []
    if member or is_marketo_admin:
        links.append(_page(request, _("Setup guide"), "guide:setup", is_current=request.path == "/"))
    if is_marketo_admin:
        links.append(_page(request, _("Marketo"), "guide:actions_config", prefix="/marketo/"))
    if member:
        links.append(_page(request, _("Sales account"), _first_page(member), prefix="/settings/"))
    if user.is_ops_staff or is_marketo_admin or (member and member.may(Permission.CONTROL_RUNS)):
        links.append(_page(request, _("Sync operations"), "sync:runs", prefix="/ops/"))
    return {"areas": links, "setting_pages": _setting_pages(request, member)}


def _first_page(member: Member) -> str:
    pages = (name for permission, name in FIRST_PAGES.items() if member.may(permission))
    return next(pages, "accounts:profile")


def _setting_pages(request: HttpRequest, member: Member | None) -> list[PageGroup]:
    groups = [PageGroup(_("My Account"), [_page(request, _("My Profile"), "accounts:profile")])]
    for heading, label, name, permission in SETTING_PAGES:
        if not member or not member.may(permission):
            continue
        if groups[-1].label != heading:
            groups.append(PageGroup(heading, []))
        groups[-1].pages.append(_page(request, label, name))
    return groups


def _page(request: HttpRequest, label: StrOrPromise, name: str, *, prefix: str = "", is_current: bool = False) -> Page:
    url = reverse(name)
    return Page(
        label, url, is_current or (request.path.startswith(prefix) if prefix else _is_within(request.path, url))
    )


def _is_within(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
