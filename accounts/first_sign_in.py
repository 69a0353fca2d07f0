"""What a browser tells when somebody signs in: the language they read, and where their clock is."""

from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from accounts import services
from accounts.models import User
from accounts.time_zones import present_name

# Set by static/js/zone.js; without scripts a person's time stays UTC until they choose a zone.
ZONE_COOKIE = "msi-zone"
# Of the language switch of a page for people who are not signed in; a session would be a row for every visitor.
CHOSEN_LANGUAGE_COOKIE, CHOSEN_LANGUAGE_SECONDS = "msi-chosen-language", 60 * 60


def keep_what_the_browser_tells(request: HttpRequest, user: User) -> None:
    """The language chosen on this visit; at the first sign-in also what the browser prefers, and its time zone."""
    is_first = user.last_login is None
    language = request.COOKIES.get(CHOSEN_LANGUAGE_COOKIE, "") or (get_language() if is_first else "")
    if language in dict(settings.LANGUAGES):
        services.set_language(user=user, language=language)
    zone = present_name(unquote(request.COOKIES.get(ZONE_COOKIE, ""))) if is_first else ""
    if zone:
        services.set_time_zone(user=user, time_zone=zone)
