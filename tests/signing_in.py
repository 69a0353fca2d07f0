"""Signing in at the console, by its page and past it."""

import time
from typing import Any

from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD

LOGIN = "/accounts/login/"


def sign_in(browser: Client, email: str, password: str = PASSWORD, **form: str) -> Any:
    """Send the form of the page; the answer."""
    return browser.post(LOGIN, {"login": email, "password": password, **form})


def let_in(browser: Client, user: User) -> Client:
    """A browser of somebody who has just signed in with a password, whether or not they have one."""
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": user.email}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return browser


def let_sign_in_age(browser: Client) -> Client:
    """The sign-in is older than a change of what matters allows."""
    session = browser.session
    session["account_authentication_methods"][0]["at"] -= 15 * 60
    session.save()
    return browser
