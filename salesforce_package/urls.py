"""Addresses of this room."""

from django.urls import path

from salesforce_package import views

app_name = "salesforce_package"
urlpatterns = [
    path("settings/admin/salesforce-package/", views.package, name="package"),
    path("settings/admin/salesforce-package/check/", views.check_package, name="check_package"),
    path("settings/admin/salesforce-package/sheet/", views.package_sheet, name="package_sheet"),
    path("settings/admin/salesforce-package/test-activity/", views.test_activity, name="test_activity"),
    path("settings/admin/salesforce-package/items/<slug:key>/", views.tick_item, name="tick_item"),
]
