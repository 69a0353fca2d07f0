"""Addresses of Log in with Salesforce, below those of allauth."""

from django.urls import path

from sign_in import views

urlpatterns = [
    path("salesforce/login/", views.login, name="salesforce_login"),
    path("salesforce/login/callback/", views.callback, name="salesforce_callback"),
    path("salesforce/link/", views.link, name="salesforce_link"),
]
