"""Salesforce Setup, as far as the console sends people there: pages whose forms really change the org."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.salesforce.authorize import LOGIN, Authorization
from sandbox.salesforce.control import act
from sandbox.salesforce.external_apps import apps_in_setup, choices, shown_app
from sandbox.salesforce.grants import Grants
from sandbox.salesforce.layouts import PANEL_HEIGHTS
from sandbox.salesforce.org import (
    ACTIONS_SITES,
    ACTIVITY_FIELDS,
    BUTTON_OBJECTS,
    LIST_BUTTONS,
    PACKAGE_NAME,
    PACKAGE_OBJECTS,
    PACKAGE_VERSION,
    PACKAGE_VERSION_ID,
    PERMISSION_SET,
    Org,
)
from sandbox.salesforce.pages import render
from sandbox.salesforce.setup_rows import data_type

HOME: Final = "/lightning/setup/SetupOneHome/home"
# Salesforce's own addresses of these pages, with the name each has in Setup.
PAGES: Final = {
    "/packaging/installPackage.apexp": ("Install Package", "install_package.html"),
    "/lightning/setup/ImportedPackage/home": ("Installed Packages", "installed_packages.html"),
    "/lightning/setup/SecurityRemoteProxy/home": ("Remote Site Settings", "remote_sites.html"),
    "/lightning/setup/ObjectManager/Task/FieldsAndRelationships/view": (
        "Task Fields & Relationships",
        "task_fields.html",
    ),
    "/lightning/setup/ObjectManager/Lead/SearchLayouts/view": ("List View Button Layout", "list_view_buttons.html"),
    "/lightning/setup/ObjectManager/Lead/PageLayouts/view": ("Page Layouts", "page_layouts.html"),
    "/lightning/setup/ConnectedAppsUsage/home": ("Connected Apps OAuth Usage", "connected_apps.html"),
    "/lightning/setup/ManageExternalClientApplication/home": ("External Client App Manager", "external_apps.html"),
    "/lightning/setup/PermSets/home": ("Permission Sets", "permission_sets.html"),
    HOME: ("Setup Home", "setup_home.html"),
}
# Activity fields are those of Task and Event; Lightning lists them under Activity too. The layouts of all objects stand
# on one page here.
ALIASES: Final = {
    **{
        f"/lightning/setup/ObjectManager/{name}/PageLayouts/view": (
            "/lightning/setup/ObjectManager/Lead/PageLayouts/view"
        )
        for name in ("Contact", "Account", "Opportunity")
    },
    "/lightning/setup/ObjectManager/Activity/FieldsAndRelationships/view": (
        "/lightning/setup/ObjectManager/Task/FieldsAndRelationships/view"
    ),
}


class SetupPages:
    """The Setup pages of one org. They ask for a login first."""

    def __init__(self, org: Org, authorization: Authorization) -> None:
        self.org = org
        self.authorization = authorization

    def routes(self) -> list[BaseRoute]:
        paths = (*PAGES, *ALIASES, "/lightning/{other:path}")
        return [Route(path, self.page, methods=["GET", "POST"]) for path in paths]

    async def page(self, request: Request) -> Response:
        """Show a page; a POST does the action its form names and shows the page again."""
        username = self.authorization.username(request)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if username is None:
            return RedirectResponse(f"{LOGIN}?{urlencode({'startURL': here})}", 303)
        problem = ""
        if request.method == "POST":
            try:
                act(self.org, await _fields(request), username)
                return RedirectResponse(here, 303)
            except ValueError as error:
                problem = str(error)
        path = ALIASES.get(request.url.path, request.url.path)
        path = path if path in PAGES else HOME
        title, template = PAGES[path]
        context = self._context(request) | {"title": title, "username": username, "problem": problem, "path": path}
        return render(request, template, context, 400 if problem else 200)

    def _context(self, request: Request) -> dict[str, Any]:
        fields = self.org.custom_fields.get("Task", {})
        sites = {site.url for site in self.org.remote_sites.values() if site.is_active}
        return {
            "org": self.org,
            "connections": len(self.org.keep(Grants)),
            "apps": apps_in_setup(self.org),
            "app": shown_app(self.org, request.query_params.get("app", "")),
            "tab": request.query_params.get("tab", ""),
            **choices(self.org),
            "facts": self.org.facts,
            "pages": PAGES,
            "package_name": PACKAGE_NAME,
            "package_version": PACKAGE_VERSION,
            "package_version_id": PACKAGE_VERSION_ID,
            "is_known_package": request.query_params.get("p0", PACKAGE_VERSION_ID)[:15] == PACKAGE_VERSION_ID[:15],
            "package_objects": PACKAGE_OBJECTS,
            "permission_set": PERMISSION_SET,
            "missing_sites": [site for site in ACTIONS_SITES if site[1] not in sites],
            "buttons": {name: self.org.list_view_buttons.get(name, []) for name in BUTTON_OBJECTS},
            "missing_buttons": [
                label
                for _, label in LIST_BUTTONS
                if any(label not in self.org.list_view_buttons.get(name, []) for name in BUTTON_OBJECTS)
            ],
            "fields": [(item, data_type(item)) for item in fields.values()],
            "missing_fields": [label for label, name, _, _ in ACTIVITY_FIELDS if name not in fields],
            "layout_panels": {name: (name, "") in self.org.layout_panels for name in PANEL_HEIGHTS},
            "users": [self.org.user_row(row) for row in self.org.world.salesforce_rows("User")],
        }


async def _fields(request: Request) -> dict[str, str]:
    """What a form sends: files as their text, and of a name that is there several times one value a line."""
    form = await request.form()
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        text = (await value.read()).decode(errors="replace") if isinstance(value, UploadFile) else value
        fields[name] = f"{fields[name]}\n{text}" if name in fields else text
    return fields
