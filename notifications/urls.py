"""Addresses of this room."""

from django.urls import URLPattern, path

from notifications.views import bell, channels

app_name = "notifications"


def _of(prefix: str, names: list[str], *, is_own: bool) -> list[URLPattern]:
    """The same pages for the account's channels and for one's own."""
    own = {"is_own": is_own}
    listed, added, changed, tested, removed = names
    return [
        path(prefix, channels.channels, own, name=listed),
        path(f"{prefix}add/", channels.add, own, name=added),
        path(f"{prefix}<int:pk>/", channels.change, own, name=changed),
        path(f"{prefix}<int:pk>/test/", channels.test, own, name=tested),
        path(f"{prefix}<int:pk>/remove/", channels.remove, own, name=removed),
    ]


ACCOUNT_NAMES = ["channels", "add_channel", "channel", "test_channel", "remove_channel"]
OWN_NAMES = ["own", "add_own", "own_channel", "test_own", "remove_own"]
urlpatterns = [
    path("notifications/", bell.told, name="told"),
    path("notifications/seen/", bell.seen, name="seen"),
    path("settings/admin/notifications/keep/", channels.keep, name="keep"),
    *_of("settings/admin/notifications/", ACCOUNT_NAMES, is_own=False),
    *_of("settings/notifications/", OWN_NAMES, is_own=True),
]
