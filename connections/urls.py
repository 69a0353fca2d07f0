"""Addresses of this room."""

from django.urls import URLPattern, path

from connections.views import allowance, instances, marketo, salesforce, salesforce_apps

app_name = "connections"


def _salesforce(root: str, place: salesforce.ConnectionScope) -> list[URLPattern]:
    views = [
        ("", salesforce.salesforce, place.page),
        ("connect/", salesforce.connect_salesforce, place.connect),
        ("disconnect/", salesforce.disconnect_salesforce, place.disconnect),
    ]
    return [
        path(root + end, view, {"place": place}, name=name.removeprefix(f"{app_name}:")) for end, view, name in views
    ]


def _salesforce_apps(root: str) -> list[URLPattern]:
    return [
        path(root, salesforce_apps.salesforce_apps, name="salesforce_apps"),
        path(f"{root}<int:pk>/", salesforce_apps.salesforce_app, name="salesforce_app"),
        path(f"{root}<int:pk>/check/", salesforce_apps.check_salesforce_app, name="check_salesforce_app"),
        path(f"{root}<int:pk>/connect/", salesforce_apps.connect_salesforce_app, name="connect_salesforce_app"),
        path(f"{root}<int:pk>/make-key/", salesforce_apps.make_salesforce_key, name="make_salesforce_key"),
        path(f"{root}<int:pk>/remove/", salesforce_apps.remove_salesforce_app, name="remove_salesforce_app"),
        path(f"{root}certificates/<int:pk>/", salesforce_apps.salesforce_certificate, name="salesforce_certificate"),
    ]


urlpatterns = [
    *_salesforce("settings/admin/salesforce/", salesforce.ACCOUNT),
    *_salesforce("settings/salesforce/", salesforce.OWN),
    *_salesforce_apps("settings/admin/salesforce/apps/"),
    # The redirect address that is registered with Salesforce's app.
    path("connections/salesforce/callback/", salesforce.salesforce_callback, name="salesforce_callback"),
    path("settings/admin/marketo/", marketo.marketo, name="marketo"),
    path("settings/admin/marketo/connect/", marketo.connect_marketo, name="connect_marketo"),
    path("settings/admin/marketo/set-up/", marketo.set_up_marketo, name="set_up_marketo"),
    path("settings/admin/marketo/disconnect/", marketo.disconnect_marketo, name="disconnect_marketo"),
    path("settings/admin/marketo/take-over/", marketo.take_over_marketo, name="take_over_marketo"),
    path("settings/admin/marketo/allowance/", allowance.allowance, name="marketo_allowance"),
    path("ops/marketo-instances/new/", instances.new_marketo_instance, name="new_marketo_instance"),
]
