"""What can go wrong between this console and its providers, in sentences: what happened, what to do, who can do it."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clients.marketo.errors import SERVICE as MARKETO
from problems.app_messages import APP_SENTENCES
from problems.codes import ProblemCode
from problems.marketo_messages import MARKETO_PROBLEMS
from problems.problem import ACCOUNT_ADMIN, NOBODY, OPERATOR, SALESFORCE_ADMIN, YOU, Problem
from problems.rights import RightCode, names_of


class ConnectionProblem(Exception):
    """A connection cannot be made or used; `code` names the entry of PROBLEMS that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def problem(self) -> Problem:
        return problem_for(self.code)


_VIEW_ALL_RECORDS = _(
    "In Salesforce open Setup > Permission Sets, give a set View All Records on Lead and on Contact and assign it to "
    "the connected user."
)

_READ_SALESFORCE = names_of(RightCode.LEADS, RightCode.CONTACTS, RightCode.ACCOUNTS, RightCode.OPPORTUNITIES)
_SYSTEM = names_of(RightCode.API, RightCode.SETUP)

# Causes and cures: Salesforce's "OAuth Authorization Errors" and Adobe's "How do I fix We were unable to authenticate
# your request"; Adobe's "Error Codes" of the Marketo REST API.
PROBLEMS: dict[str, Problem] = MARKETO_PROBLEMS | {
    ProblemCode.SALESFORCE_REFUSED: Problem(
        _("Salesforce did not give its consent: Deny was pressed, or the user name or password was not accepted."),
        _("Press Connect again, log in to Salesforce and press Allow."),
        YOU,
    ),
    ProblemCode.SALESFORCE_INACTIVE_USER: Problem(
        _("The Salesforce user is inactive."),
        _("In Salesforce open Setup > Users and activate the user, or connect again as another Salesforce user."),
        SALESFORCE_ADMIN,
    ),
    ProblemCode.SALESFORCE_INACTIVE_ORG: Problem(
        _("The Salesforce org is inactive: its trial or contract has ended, or it is locked."),
        _("Ask Salesforce to activate the org, then connect again."),
        SALESFORCE_ADMIN,
    ),
    ProblemCode.SALESFORCE_IP_RESTRICTED: Problem(
        _("Salesforce refused this console's IP address, or the time of day: the profile allows only some."),
        _(
            "Ask the operator for the console's addresses. In Salesforce open Setup > Profiles, the user's profile, "
            "Login IP Ranges, and add them."
        ),
        SALESFORCE_ADMIN,
        is_about_addresses=True,
    ),
    ProblemCode.SALESFORCE_API_DISABLED: Problem(
        _("The Salesforce user may not use the API."),
        _(
            "In Salesforce open Setup > Profiles, the user's profile, System Permissions, and tick API Enabled. "
            "Professional Edition needs the API add-on."
        ),
        SALESFORCE_ADMIN,
        ("API Enabled",),
    ),
    ProblemCode.SALESFORCE_EXPIRED_CODE: Problem(
        _("The sign-in at Salesforce took too long, or its page was loaded twice."),
        _("Press Connect again and finish in one go."),
        YOU,
    ),
    ProblemCode.SALESFORCE_EXPIRED_TOKEN: Problem(
        _("Salesforce no longer accepts this connection: access was revoked, or it expired by a rule of the org."),
        _("Press Connect again."),
        YOU,
    ),
    ProblemCode.SALESFORCE_CREDENTIALS: Problem(
        _("Salesforce no longer accepts this connection."),
        _("Press Connect again."),
        YOU,
    ),
    ProblemCode.SALESFORCE_UNREADABLE: Problem(
        _("The stored access to Salesforce cannot be read: the key it was encrypted with is missing."),
        _("Press Connect again, or have the operator of this console put the old key back."),
        YOU,
    ),
    **{code: Problem(what, todo, SALESFORCE_ADMIN) for code, (what, todo) in APP_SENTENCES.items()},
    ProblemCode.SALESFORCE_APP_UNREADABLE: Problem(
        _("The stored secret of the Salesforce app cannot be read: the key it was encrypted with is missing."),
        _(
            "Enter the app's key and secret again under Salesforce apps, or have the operator of this console put the "
            "old key back."
        ),
        ACCOUNT_ADMIN,
    ),
    ProblemCode.SALESFORCE_NO_APP: Problem(
        _("No Salesforce app is entered for this org, and this console has none of its own."),
        _("Create an app in Salesforce and enter its key and secret under Salesforce apps; the recipe stands there."),
        ACCOUNT_ADMIN,
    ),
    ProblemCode.SALESFORCE_OTHER_USER: Problem(
        _("In Salesforce the app now runs as another user than the one who is connected."),
        _("Open the app under Salesforce apps and connect again: the connection then acts as the new user."),
        ACCOUNT_ADMIN,
    ),
    ProblemCode.SALESFORCE_NO_KEY: Problem(
        _("There is no key for this app yet."),
        _("Press Make a key, upload its certificate in Salesforce, then connect."),
        YOU,
    ),
    ProblemCode.SALESFORCE_OTHER_APP: Problem(
        _("Salesforce accepts key and secret, but not together with the connection: they are another app's."),
        _("Nothing was changed. Enter the new pair of this very app; to change the app, disconnect and remove it."),
        YOU,
    ),
    ProblemCode.SALESFORCE_APP_TAKEN: Problem(
        _("An app is entered for this org already."),
        _("Open it to replace its key and secret, or remove it first."),
        YOU,
    ),
    ProblemCode.SALESFORCE_APP_IN_USE: Problem(
        _("A connection uses this app."),
        _("Nothing was changed. Disconnect first, or replace the app's key and secret."),
        YOU,
    ),
    ProblemCode.SALESFORCE_WRONG_HOST: Problem(
        _("The answer came from a host that is not the Salesforce you chose."),
        _("Connect again and choose My Domain with the name of your org, for example acme or acme--test.sandbox."),
        YOU,
    ),
    ProblemCode.SALESFORCE_BAD_DOMAIN: Problem(
        _("This is not the address of a Salesforce org."),
        _(
            "In Salesforce open any page of the org and copy its address here, or type its first part, for example "
            "acme or acme--test.sandbox."
        ),
        YOU,
    ),
    ProblemCode.SALESFORCE_BUSY: Problem(
        _("Salesforce is busy or in maintenance."),
        _("Try again in a few minutes."),
        NOBODY,
    ),
    ProblemCode.SALESFORCE_UNREACHABLE: Problem(
        _("Salesforce did not answer in time."),
        _("Try again in a few minutes. If it stays, ask the operator whether this console can reach Salesforce."),
        OPERATOR,
    ),
    ProblemCode.SALESFORCE_UNKNOWN_NAME: Problem(
        _("The name of Salesforce's server cannot be found."),
        _("Ask the operator to look at the name service (DNS) of this console, and at the address of the connection."),
        OPERATOR,
    ),
    ProblemCode.SALESFORCE_CERTIFICATE: Problem(
        _("This console does not trust the certificate that Salesforce's server shows."),
        _("Ask the operator. If a proxy opens https, its authority belongs into the file REQUESTS_CA_BUNDLE names."),
        OPERATOR,
    ),
    ProblemCode.SALESFORCE_PAUSED: Problem(
        _("Salesforce failed several times in a row, so this console gives it a pause."),
        _("Wait: Salesforce is asked again automatically within five minutes."),
        NOBODY,
    ),
    ProblemCode.SALESFORCE_QUOTA: Problem(
        _("The Salesforce org has used all its API calls of the last 24 hours."),
        _("Wait, or buy more API calls; see Setup > Company Information for what is used."),
        SALESFORCE_ADMIN,
    ),
    ProblemCode.SALESFORCE_PERMISSION: Problem(
        _("The Salesforce user may not read what this console needs."),
        format_lazy(
            _(
                "In Salesforce open Setup > Permission Sets, a set of the user: under Object Settings give {objects}, "
                "under System Permissions tick {system}. Check rights on the connection's page shows what is missing."
            ),
            objects=", ".join(_READ_SALESFORCE),
            system=", ".join(_SYSTEM),
        ),
        SALESFORCE_ADMIN,
        (*_READ_SALESFORCE, *_SYSTEM),
    ),
    ProblemCode.SALESFORCE_SCOPE: Problem(
        _("Salesforce allowed the sign-in, but not the use of its API in the background."),
        _(
            "In Salesforce open the app in Setup > External Client Apps > External Client App Manager, for a connected "
            "app in Setup > App Manager, add the scopes api and refresh_token, and connect again."
        ),
        SALESFORCE_ADMIN,
        ("api", "refresh_token"),
    ),
    ProblemCode.SALESFORCE_LOST_SIGN_IN: Problem(
        _("This sign-in was started in another tab or more than 10 minutes ago, or by somebody else."),
        _("Nothing was changed. Press Connect again and finish in the same browser."),
        YOU,
    ),
    ProblemCode.SALESFORCE_TOO_MANY_SIGN_INS: Problem(
        _("You started more than ten sign-ins at Salesforce within a minute."),
        _("Nothing was changed. Wait a minute, then press Connect once."),
        YOU,
    ),
    ProblemCode.SALESFORCE_NOT_ALLOWED: Problem(
        _("You may no longer connect this Sales account to Salesforce: your role was changed meanwhile."),
        _("Ask an Admin of the Sales account to connect, or to change your role."),
        _("An Admin of the Sales account"),
    ),
    ProblemCode.SALESFORCE_OTHER_ORG: Problem(
        _("You logged in to another Salesforce org than the one that is connected."),
        _("Nothing was changed. Log in to the connected org, or press Disconnect first."),
        YOU,
    ),
    ProblemCode.SALESFORCE_FOREIGN_ORG: Problem(
        _("You logged in to another Salesforce org than the one the Sales account is connected to."),
        _("Nothing was changed. Press Connect again and log in to the org of the Sales account."),
        YOU,
    ),
    ProblemCode.SALESFORCE_NOT_CONNECTED: Problem(
        _("The Sales account is not connected to Salesforce."),
        _("Connect it on Settings > Admin Settings > Salesforce > Connections & Customizations."),
        ACCOUNT_ADMIN,
    ),
    ProblemCode.SALESFORCE_UNEXPECTED: Problem(
        _("Salesforce answered something this console does not understand."),
        _("Try again. If it stays, send the time of this message to the operator."),
        OPERATOR,
    ),
    ProblemCode.SALESFORCE_PACKAGE_REMOVED: Problem(
        _("The package Marketo Sales Insight was removed from the Salesforce org."),
        _("Install it again from AppExchange, then check the items of step 7: what belonged to the package is gone."),
        SALESFORCE_ADMIN,
        ("Marketo Sales Insight",),
    ),
    ProblemCode.SALESFORCE_SEES_SOME: Problem(
        _("Salesforce shows the connected user only some of the leads and contacts."),
        _VIEW_ALL_RECORDS,
        SALESFORCE_ADMIN,
        ("View All Records",),
    ),
    ProblemCode.SALESFORCE_SEES_UNPROVED: Problem(
        _("Nothing proves that Salesforce shows the connected user all leads and contacts."),
        _VIEW_ALL_RECORDS,
        SALESFORCE_ADMIN,
        ("View All Records",),
    ),
    ProblemCode.ASKED_JUST_NOW: Problem(
        _("This is being done already."),
        _("Wait a few seconds, then reload this page: it shows what came of it."),
        YOU,
    ),
    ProblemCode.ASKED_TOO_MUCH: Problem(
        _("Too many questions to Marketo or Salesforce are waiting for an answer, so this one was not asked."),
        _("Wait a minute, then try again."),
        YOU,
    ),
    ProblemCode.TOO_MANY_LINKS: Problem(
        _("You made more than 30 links within an hour."),
        _("Use the links you have, or wait an hour."),
        YOU,
    ),
    ProblemCode.TOO_MANY_CHECKS: Problem(
        _("It was checked too often through such links today."),
        _("Do what is asked, and tell the person who sent you the link: they can check it at once."),
        YOU,
    ),
}


def problem_for(code: str) -> Problem:
    """The sentences of a stored code; of one that an older version stored those for an answer nobody expected."""
    is_marketos = code.startswith(MARKETO)
    unexpected = ProblemCode.MARKETO_UNEXPECTED if is_marketos else ProblemCode.SALESFORCE_UNEXPECTED
    return PROBLEMS.get(code, PROBLEMS[unexpected])
