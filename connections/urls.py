"""Addresses of this room."""

from django.urls import path

from connections.views import diagnostics, instances, marketo, package, salesforce

app_name = "connections"
urlpatterns = [
    path("settings/admin/salesforce/", salesforce.salesforce, name="salesforce"),
    path("settings/admin/salesforce/connect/", salesforce.connect_salesforce, name="connect_salesforce"),
    path("settings/admin/salesforce/disconnect/", salesforce.disconnect_salesforce, name="disconnect_salesforce"),
    path("settings/salesforce/", salesforce.own_salesforce, name="own_salesforce"),
    path("settings/salesforce/connect/", salesforce.connect_own_salesforce, name="connect_own_salesforce"),
    path("settings/salesforce/disconnect/", salesforce.disconnect_own_salesforce, name="disconnect_own_salesforce"),
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
    path("ops/marketo-instances/new/", instances.new_marketo_instance, name="new_marketo_instance"),
]
