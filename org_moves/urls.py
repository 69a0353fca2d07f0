"""Addresses of this room; their names are those of the Setup guide (`msi_admin/urls.py`)."""

from django.urls import path

from org_moves import views

ORG_MOVE = "settings/admin/salesforce/move/"
urlpatterns = [
    path(ORG_MOVE, views.org_move, name="org_move"),
    path(f"{ORG_MOVE}do/", views.do_org_move, name="do_org_move"),
    path(f"{ORG_MOVE}cancel/", views.cancel_org_move, name="cancel_org_move"),
    path(f"{ORG_MOVE}settle/", views.settle_org_move, name="settle_org_move"),
]
