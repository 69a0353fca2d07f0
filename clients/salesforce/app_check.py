"""Whether an org knows an app, asked without anybody who logs in."""

import requests

from clients.salesforce.oauth import OAuthApp, OAuthError, OAuthProblem, ask_for_tokens

# What is wrong with the app itself; all else is about the grant that was shown.
_OF_APP = frozenset(
    {
        OAuthProblem.APP_BLOCKED,
        OAuthProblem.APP_NOT_INSTALLED,
        OAuthProblem.APP_OF_OTHER_ORG,
        OAuthProblem.UNKNOWN_KEY,
        OAuthProblem.WRONG_HOST,
        OAuthProblem.WRONG_SECRET,
    }
)
# Client credentials have nothing to look at but key and secret; they are refused at login.salesforce.com, and where
# the flow is off. A refresh token that nobody was given is asked for after key and secret (RFC 6749, section 6).
_GRANTS = ({"grant_type": "client_credentials"}, {"grant_type": "refresh_token", "refresh_token": "nobody-s"})


def check_app(app: OAuthApp, *, session: requests.Session, origin: str, extra_origins: list[str]) -> None:
    """
    Ask an org whether it knows an app with this key and this secret.

    Raises OAuthError for what is wrong with the app, TransientApiError when nothing was decided. That Salesforce looks
    at the secret before the refresh token is its documentation's word, not something that was seen.
    """
    for grant in _GRANTS:
        try:
            # A token of client credentials ends by itself within hours.
            ask_for_tokens(app, session, origin, grant, extra_origins)
        except OAuthError as refused:
            if refused.problem in _OF_APP:
                raise
        else:
            return
