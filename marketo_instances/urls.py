"""Addresses of this room; their names are those of the connections (`msi_admin/urls.py`)."""

from django.urls import path

from marketo_instances.views import allowance, connection, instances

urlpatterns = [
    path("settings/admin/marketo/", connection.marketo, name="marketo"),
    path("settings/admin/marketo/connect/", connection.connect_marketo, name="connect_marketo"),
    path("settings/admin/marketo/set-up/", connection.set_up_marketo, name="set_up_marketo"),
    path("settings/admin/marketo/disconnect/", connection.disconnect_marketo, name="disconnect_marketo"),
    path("settings/admin/marketo/take-over/", connection.take_over_marketo, name="take_over_marketo"),
    path("settings/admin/marketo/allowance/", allowance.allowance, name="marketo_allowance"),
    path("ops/marketo-instances/new/", instances.new_marketo_instance, name="new_marketo_instance"),
]
