"""Addresses of this room; their names are those of the connections (`msi_admin/urls.py`)."""

from django.urls import URLPattern, path

from salesforce_orgs import views


def _salesforce(root: str, place: views.ConnectionScope) -> list[URLPattern]:
    pages = [
        ("", views.salesforce, place.page),
        ("connect/", views.connect_salesforce, place.connect),
        ("disconnect/", views.disconnect_salesforce, place.disconnect),
    ]
    return [
        path(root + end, view, {"place": place}, name=name.removeprefix("connections:")) for end, view, name in pages
    ]


urlpatterns = [
    *_salesforce("settings/admin/salesforce/", views.ACCOUNT),
    *_salesforce("settings/salesforce/", views.OWN),
    # The redirect address that is registered with Salesforce's app.
    path("connections/salesforce/callback/", views.salesforce_callback, name="salesforce_callback"),
]
