"""Addresses of this room."""

from django.urls import URLPattern, path

from connections.views import marketo, salesforce

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


urlpatterns = [
    *_salesforce("settings/admin/salesforce/", salesforce.ACCOUNT),
    *_salesforce("settings/salesforce/", salesforce.OWN),
    # The redirect address that is registered with Salesforce's app.
    path("connections/salesforce/callback/", salesforce.salesforce_callback, name="salesforce_callback"),
    path("settings/admin/marketo/", marketo.marketo, name="marketo"),
    path("settings/admin/marketo/connect/", marketo.connect_marketo, name="connect_marketo"),
    path("settings/admin/marketo/set-up/", marketo.set_up_marketo, name="set_up_marketo"),
    path("settings/admin/marketo/disconnect/", marketo.disconnect_marketo, name="disconnect_marketo"),
    path("settings/admin/marketo/take-over/", marketo.take_over_marketo, name="take_over_marketo"),
]
