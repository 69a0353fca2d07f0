"""Addresses of this room; their names are those of the connections (`msi_admin/urls.py`)."""

from django.urls import path

from marketo_instances.views import allowance, instances

urlpatterns = [
    path("settings/admin/marketo/allowance/", allowance.allowance, name="marketo_allowance"),
    path("ops/marketo-instances/new/", instances.new_marketo_instance, name="new_marketo_instance"),
]
