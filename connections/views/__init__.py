"""Pages of the two connections, the Salesforce package and the registration of instances."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

View = Callable[..., HttpResponse]


def fresh_sign_in_for_secrets(view: View) -> View:
    """Ask for the password before the form is shown: allauth would keep a posted secret in the session meanwhile."""
    guarded: View = reauthentication_required(view)

    @wraps(view)
    def ask_before(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return guarded(request, *args, **kwargs)
        except ReauthenticationRequired:
            if request.method == "POST":
                return redirect(request.path)
            raise

    return ask_before
