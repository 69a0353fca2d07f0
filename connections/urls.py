"""Addresses of this room."""

from django.urls import path

from connections.views import marketo

app_name = "connections"
urlpatterns = [
    path("settings/admin/marketo/", marketo.marketo, name="marketo"),
    path("settings/admin/marketo/connect/", marketo.connect_marketo, name="connect_marketo"),
    path("settings/admin/marketo/set-up/", marketo.set_up_marketo, name="set_up_marketo"),
    path("settings/admin/marketo/disconnect/", marketo.disconnect_marketo, name="disconnect_marketo"),
    path("settings/admin/marketo/take-over/", marketo.take_over_marketo, name="take_over_marketo"),
]
