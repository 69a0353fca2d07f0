"""What a browser says about itself, in words."""

from django.utils.translation import gettext as _

# Marks in the header User-Agent and what they stand for. The first found counts: most browsers also name those that
# they descend from (RFC 9110, 10.1.5; MDN, "Browser detection using the user agent").
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Mac OS X": "macOS",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_of(user_agent: str) -> str:
    """Browser and system, such as "Firefox on Windows"; what names none that we know stays as it is."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if not browser or not system:
        return user_agent
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}


def _first(marks: dict[str, str], user_agent: str) -> str:
    return next((name for mark, name in marks.items() if mark in user_agent), "")
