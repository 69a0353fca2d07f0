"""A sign-in that has begun, by a password or at Salesforce, and waits for the second factor."""

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import User

# Keys of the session: where allauth keeps what waits, and by what it has begun.
_BEGUN, _BEGUN_WITH = "account_login", "begun_with"


def note_beginning(request: HttpRequest, user: User) -> None:
    """Somebody has shown the first of what they need, which is good as long as their sessions are."""
    request.session[_BEGUN_WITH] = [user.pk, user.get_session_auth_hash()]


def has_begun_in_vain(request: HttpRequest) -> bool:
    """
    Was the password changed meanwhile, or every session ended? Then a code lets nobody in. Where an admin has taken the
    second factor away there is none to ask for, and the two pages of signing in would lead to each other.
    """
    if not {_BEGUN, _BEGUN_WITH} <= set(request.session.keys()):
        return False
    user_id, mark = request.session[_BEGUN_WITH]
    user = User.objects.filter(pk=user_id).first()
    return user is None or not constant_time_compare(mark, user.get_session_auth_hash())
