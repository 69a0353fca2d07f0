"""Where this person may go: the areas of the rail and the pages under the gear."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Role, User
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


ADMIN_ONLY = {Role.ADMIN}
# Group, label, URL name, roles that may open it; the labels and their order are the guide's.
SETTING_PAGES = [
    (_("My Account"), _("My Salesforce"), "connections:own_salesforce", set(Role)),
    (_("Admin Settings"), _("General"), "accounts:general", ADMIN_ONLY),
    (_("Admin Settings"), _("User Management"), "invitations:users", ADMIN_ONLY),
    (_("Admin Settings"), _("Team Management"), "accounts:teams", ADMIN_ONLY),
    (_("Admin Settings"), _("Audit trail"), "accounts:audit", ADMIN_ONLY),
    (_("Admin Settings"), _("Salesforce"), "connections:salesforce", {Role.ADMIN, Role.SALESFORCE_ADMIN}),
    (_("Admin Settings"), _("Salesforce package"), "salesforce_package:package", {Role.ADMIN, Role.SALESFORCE_ADMIN}),
    (_("Admin Settings"), _("Marketo"), "connections:marketo", ADMIN_ONLY),
    (_("Integrations"), _("Diagnostics"), "diagnostics:diagnostics", {Role.ADMIN, Role.SALESFORCE_ADMIN}),
    (_("Sales account"), _("People"), "sync:people", {Role.ADMIN, Role.USER}),
]
FIRST_SETTING_PAGE = {
    Role.ADMIN: "invitations:users",
    Role.USER: "sync:people",
    Role.SALESFORCE_ADMIN: "connections:salesforce",
}


def areas(request: HttpRequest) -> dict[str, object]:
    """Context processor: `areas` of the rail and `setting_pages` of the settings layout."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"areas": []}
    member = request.member  # type: ignore[attr-defined]
    role = Role(member.role) if member else None
    is_marketo_admin = MarketoInstance.objects.administered_by(user).exists()
    links = []
    if role or is_marketo_admin:
        links.append(_page(request, _("Setup guide"), "guide:setup", is_current=request.path == "/"))
    if is_marketo_admin:
        links.append(_page(request, _("Marketo"), "guide:actions_config", prefix="/marketo/"))
    if role:
        links.append(_page(request, _("Sales account"), FIRST_SETTING_PAGE[role], prefix="/settings/"))
    if user.is_ops_staff or is_marketo_admin or role == Role.ADMIN:
        links.append(_page(request, _("Sync operations"), "sync:runs", prefix="/ops/"))
    return {"areas": links, "setting_pages": _setting_pages(request, role)}


def _setting_pages(request: HttpRequest, role: Role | None) -> list[PageGroup]:
    groups = [PageGroup(_("My Account"), [_page(request, _("My Profile"), "accounts:profile")])]
    for heading, label, name, roles in SETTING_PAGES:
        if role not in roles:
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
