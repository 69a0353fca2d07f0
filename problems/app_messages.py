"""
Why Salesforce keeps an app out, in sentences: what happened, and what a Salesforce admin does about it.

Where an app is managed depends on its kind: external client apps have pages of their own in Setup (Salesforce help,
"Manage External Client Apps", "Manage External Client App OAuth Usage"; "Monitor Connected App Usage" for the older
kind; "Cross-org OAuth flows": what unified.to and forcedotcom/mcp-hosted#10 report of an app of another org).
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from problems.codes import ProblemCode

APP_SENTENCES: dict[ProblemCode, tuple[Promise, Promise]] = {
    ProblemCode.SALESFORCE_EXTERNAL_APP_OF_OTHER_ORG: (
        _("The external client app belongs to another Salesforce org: such an app works in its own org only."),
        _(
            "In this org open Setup > External Client Apps > External Client App Manager, create an app and enter its "
            "key and secret here under Salesforce apps. A sandbox needs an app of its own, too."
        ),
    ),
    ProblemCode.SALESFORCE_EXTERNAL_APP_BLOCKED: (
        _("Your Salesforce org blocks the external client app of this console."),
        _(
            "In Salesforce open Setup > External Client Apps > OAuth Usage, find the app and press Unblock, then "
            "connect again."
        ),
    ),
    ProblemCode.SALESFORCE_EXTERNAL_APP_NOT_INSTALLED: (
        _("The external client app of this console is not installed in your Salesforce org, or not enabled."),
        _(
            "In Salesforce open Setup > External Client Apps > OAuth Usage and press Install beside the app; if it is "
            "not there, create one in External Client App Manager and enter it here under Salesforce apps."
        ),
    ),
    ProblemCode.SALESFORCE_EXTERNAL_APP_NOT_APPROVED: (
        _("Only approved users may use the external client app, and this Salesforce user is not one of them."),
        _(
            "In Salesforce open Setup > External Client Apps > External Client App Manager, the app, Policies, Edit, "
            "and select a profile or permission set of the user under App Policies."
        ),
    ),
    ProblemCode.SALESFORCE_APP_OF_OTHER_ORG: (
        _("The app belongs to another Salesforce org, and this org does not let it in."),
        _(
            "In this org create an app in Setup > External Client Apps > External Client App Manager and enter its key "
            "and secret here under Salesforce apps, as an external client app."
        ),
    ),
    ProblemCode.SALESFORCE_APP_BLOCKED: (
        _("Your Salesforce org blocks the connected app of this console."),
        _("In Salesforce open Setup > Connected Apps OAuth Usage, find the app and press Unblock, then connect again."),
    ),
    ProblemCode.SALESFORCE_APP_NOT_INSTALLED: (
        _("Your Salesforce org only lets in connected apps that are installed, and the one of this console is not."),
        _("In Salesforce open Setup > Connected Apps OAuth Usage, find the app and press Install, then connect again."),
    ),
    ProblemCode.SALESFORCE_NOT_APPROVED: (
        _("Only approved users may use the connected app, and this Salesforce user is not one of them."),
        _("In Salesforce open Setup > Manage Connected Apps and give the app to the user's profile or permission set."),
    ),
    ProblemCode.SALESFORCE_UNKNOWN_KEY: (
        _("No app of this Salesforce org has this consumer key."),
        _(
            "Compare the key under Salesforce apps with the app's Consumer Key in Salesforce; in a sandbox create an "
            "app of its own. A new app takes up to ten minutes to work."
        ),
    ),
    ProblemCode.SALESFORCE_WRONG_SECRET: (
        _("Salesforce knows the consumer key, but does not accept the consumer secret."),
        _("Copy the app's Consumer Secret again in Salesforce and enter it under Salesforce apps."),
    ),
    ProblemCode.SALESFORCE_NO_RUN_AS: (
        _("The app has no user to run as."),
        _(
            "In Salesforce open the app's Policies, Edit, tick Enable Client Credentials Flow and choose the "
            "integration user under Run As, then connect again."
        ),
    ),
    ProblemCode.SALESFORCE_BAD_ASSERTION: (
        _("Salesforce does not accept the signature: the app has another certificate, or one that has expired."),
        _(
            "Download the certificate on the app's page under Salesforce apps and upload it in Salesforce: the app, "
            "Settings, Edit, Enable JWT Bearer Flow."
        ),
    ),
    ProblemCode.SALESFORCE_FLOW_OFF: (
        _("The app does not allow this way to connect."),
        _(
            "In Salesforce open the app, Settings, Edit, and tick the flow under Flow Enablement: Enable Client "
            "Credentials Flow, or Enable JWT Bearer Flow."
        ),
    ),
    ProblemCode.SALESFORCE_BAD_CLIENT: (
        _("Salesforce does not accept how this console asks: the app lacks its callback address or a scope."),
        _("Compare the app's settings in Salesforce with the recipe under Salesforce apps."),
    ),
}
