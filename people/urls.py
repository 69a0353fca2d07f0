"""Addresses of this room."""

from django.urls import path

from people.views import people, person, reconciliation, why

app_name = "people"
urlpatterns = [
    path("settings/people/", people.people, name="people"),
    path("settings/people/<int:marketo_id>/", person.person, name="person"),
    path("ops/accounts/<slug:slug>/people/<int:marketo_id>/", person.watched_person, name="watched_person"),
    path("ops/sync/why/", why.why, name="why"),
    path("ops/sync/reconciliation/", reconciliation.reconciliation, name="reconciliation"),
]
