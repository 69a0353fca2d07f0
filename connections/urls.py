"""Addresses of this room."""

from django.urls import URLPattern, path

from connections.views import diagnostics, help_links, instances, marketo, package, salesforce

app_name = "connections"


def _salesforce(root: str, place: salesforce.Place) -> list[URLPattern]:
    views = [
        ("", salesforce.salesforce, place.page),
        ("connect/", salesforce.connect_salesforce, place.connect),
        ("disconnect/", salesforce.disconnect_salesforce, place.disconnect),
    ]
    return [
        path(root + end, view, {"place": place}, name=name.removeprefix(f"{app_name}:")) for end, view, name in views
    ]


urlpatterns = [
    *_salesforce("settings/admin/salesforce/", salesforce.ACCOUNT),
    *_salesforce("settings/salesforce/", salesforce.OWN),
    # The redirect address that is registered with Salesforce's app.
    path("connections/salesforce/callback/", salesforce.salesforce_callback, name="salesforce_callback"),
    path("settings/admin/salesforce-package/", package.package, name="package"),
    path("settings/admin/salesforce-package/check/", package.check_package, name="check_package"),
    path("settings/admin/salesforce-package/sheet/", package.package_sheet, name="package_sheet"),
    path("settings/admin/salesforce-package/items/<slug:key>/", package.tick_item, name="tick_item"),
    path("settings/admin/marketo/", marketo.marketo, name="marketo"),
    path("settings/admin/marketo/connect/", marketo.connect_marketo, name="connect_marketo"),
    path("settings/admin/marketo/set-up/", marketo.set_up_marketo, name="set_up_marketo"),
    path("settings/admin/marketo/disconnect/", marketo.disconnect_marketo, name="disconnect_marketo"),
    path("settings/admin/marketo/take-over/", marketo.take_over_marketo, name="take_over_marketo"),
    path("settings/admin/marketo/user-access/", marketo.user_access, name="marketo_user_access"),
    path("settings/admin/marketo/user-access/<int:pk>/remove/", marketo.remove_access, name="remove_marketo_access"),
    path("settings/integrations/diagnostics/", diagnostics.diagnostics, name="diagnostics"),
    path("settings/integrations/diagnostics/check/", diagnostics.check_now, name="check_now"),
    path("settings/integrations/diagnostics/<int:pk>/retry/", diagnostics.retry_failure, name="retry_failure"),
    path("settings/integrations/help-link/", help_links.ask_for_help, name="ask_for_help"),
    path("help/<str:token>/", help_links.help_page, name="help"),
    path("ops/marketo-instances/new/", instances.new_marketo_instance, name="new_marketo_instance"),
]
