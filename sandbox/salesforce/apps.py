"""
The apps that may ask an org for tokens: the connected app it was started with, and others that an administrator adds.

A local external client app works in the org that defines it alone, is not copied into a sandbox, and has no user to run
as before an administrator has chosen one (Salesforce help, "External Client Apps"; unified.to, "External Client Apps on
Multiple Organizations", 2026).
"""

from sandbox.salesforce.grants import TokenError
from sandbox.salesforce.org import App, Org
from sandbox.salesforce.permissions import holders

CROSS_ORG = "Cross-org OAuth flows are not supported for this external client app"


def apps_of(org: Org) -> dict[str, App]:
    """All of them, by consumer key; one that was added takes the place of the first where it has its key."""
    settings = org.world.settings
    first = App(
        settings.consumer_key,
        settings.consumer_secret,
        "Marketo Sales",
        run_as=settings.salesforce_user,
        certificate=org.policies.certificate,
    )
    return {first.consumer_key: first} | org.apps


def app_of(org: Org, consumer_key: str) -> App:
    """Raises TokenError for a key that nobody has, and for an app of another org."""
    app = apps_of(org).get(consumer_key)
    if app is None:
        raise TokenError("invalid_client_id", "client identifier invalid")
    if app.is_foreign:
        raise TokenError("OAUTH_EC_APP_NOT_FOUND", CROSS_ORG)
    return app


def is_preauthorized(org: Org, username: str, app: App) -> bool:
    """Whether a user has a profile or permission set that the app's policies select: nobody asks them to allow it
    (Salesforce help, "Preauthorize User App Access Through External Client App Policies")."""
    return not set(app.approved).isdisjoint(holders(org, username))


def is_approved(org: Org, username: str, app: App) -> bool:
    """Whether a user, or an administrator for them, has let the app in."""
    return (username, app.consumer_key) in org.approvals or is_preauthorized(org, username, app)
