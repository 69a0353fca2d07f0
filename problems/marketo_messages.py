"""What can go wrong between this console and Marketo, in sentences."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from problems.codes import ProblemCode
from problems.problem import MARKETO_ADMIN, NOBODY, OPERATOR, YOU, Problem
from problems.rights import RightCode, names_of

_ALL_WORKSPACES = _("In Marketo open Admin > Users & Roles > Users and give the API user its role in all workspaces.")
_READ_MARKETO = names_of(RightCode.PEOPLE, RightCode.ACTIVITIES, RightCode.ASSETS)
_LIST_USERS = names_of(RightCode.USERS)

# Causes and cures: Adobe's "Error Codes" of the Marketo REST API, and "How do I fix We were unable to authenticate your
# request".
MARKETO_PROBLEMS: dict[str, Problem] = {
    ProblemCode.MARKETO_CREDENTIALS: Problem(
        _("Marketo refused the Client ID or the Client Secret."),
        _("Copy both again from Marketo's Integration Information card and paste them in the Set Up tab."),
        MARKETO_ADMIN,
    ),
    ProblemCode.MARKETO_UNREADABLE: Problem(
        _("The stored Client Secret of Marketo cannot be read: the key it was encrypted with is missing."),
        _("Paste the credentials again in the tab Set Up, or have the operator of this console put the old key back."),
        _("An Admin of the Sales account"),
    ),
    ProblemCode.MARKETO_NO_ADMINS: Problem(
        _("Marketo returned no admins, which cannot be right. The earlier list is kept."),
        format_lazy(
            _("In Marketo open Admin > Users & Roles > Roles, give the API user's role {names}, then refresh."),
            names=", ".join(_LIST_USERS),
        ),
        MARKETO_ADMIN,
        _LIST_USERS,
    ),
    ProblemCode.MARKETO_BAD_ADDRESS: Problem(
        _("The first admin's email address is not an address."),
        _("Enter it as name@company.example."),
        YOU,
    ),
    ProblemCode.MARKETO_WRONG_INSTANCE: Problem(
        _("This Munchkin Account ID belongs to another Marketo instance than the one of this Sales account."),
        _("Copy the Munchkin Account ID from Admin > Sales Insight > Actions Config of your own Marketo instance."),
        MARKETO_ADMIN,
    ),
    ProblemCode.MARKETO_FORBIDDEN_HOST: Problem(
        _("This is not the Munchkin Account ID or the address of a Marketo instance."),
        _("A Munchkin Account ID looks like 123-ABC-456."),
        YOU,
    ),
    ProblemCode.MARKETO_NOT_MARKETO: Problem(
        _("There is no Marketo instance at this address."),
        _("Check the Munchkin Account ID."),
        YOU,
    ),
    ProblemCode.MARKETO_PERMISSION: Problem(
        _("Marketo refused the call: the API user lacks a permission, or an address list keeps this console out."),
        format_lazy(
            _(
                "In Marketo open Admin > Users & Roles > Roles and give the API user's role {needed}; to list Marketo "
                "admins, {optional} too. Or add the console's addresses in Admin > Login Settings. The tab Rights "
                "shows what is missing."
            ),
            needed=", ".join(_READ_MARKETO),
            optional=", ".join(_LIST_USERS),
        ),
        MARKETO_ADMIN,
        (*_READ_MARKETO, *_LIST_USERS),
        is_about_addresses=True,
    ),
    ProblemCode.MARKETO_UNREACHABLE: Problem(
        _("Marketo did not answer in time."),
        _("Try again in a few minutes. If it stays, ask the operator whether this console can reach Marketo."),
        OPERATOR,
    ),
    ProblemCode.MARKETO_UNKNOWN_NAME: Problem(
        _("The name of Marketo's server cannot be found."),
        _("Ask the operator to look at the name service (DNS) of this console, and at the address of the connection."),
        OPERATOR,
    ),
    ProblemCode.MARKETO_CERTIFICATE: Problem(
        _("This console does not trust the certificate that Marketo's server shows."),
        _("Ask the operator. If a proxy opens https, its authority belongs into the file REQUESTS_CA_BUNDLE names."),
        OPERATOR,
    ),
    ProblemCode.MARKETO_BUSY: Problem(
        _("Marketo is busy or in maintenance."),
        _("Try again in a few minutes."),
        NOBODY,
    ),
    ProblemCode.MARKETO_PAUSED: Problem(
        _("Marketo failed several times in a row, so this console gives it a pause."),
        _("Wait: Marketo is asked again automatically within five minutes."),
        NOBODY,
    ),
    ProblemCode.MARKETO_QUOTA: Problem(
        _("The Marketo instance has used all its API calls of today."),
        _("Wait until midnight in US Central time, or buy more calls."),
        MARKETO_ADMIN,
    ),
    ProblemCode.MARKETO_NOT_ALLOWED: Problem(
        _("You may no longer connect this Sales account to Marketo: your role was changed meanwhile."),
        _("Ask an Admin of the Sales account to connect, or to change your role."),
        _("An Admin of the Sales account"),
    ),
    ProblemCode.MARKETO_TAKEN: Problem(
        _("The Sales account is already connected to Marketo by another admin."),
        _("Press Connect in the tab Connection to take the connection over; it goes on working meanwhile."),
        _("An Admin of the Sales account"),
    ),
    ProblemCode.MARKETO_HAS_ACCESS: Problem(
        _("You use this connection through User Access, so you cannot become its owner."),
        _("Ask an Admin to remove you in the tab User Access, then press Connect."),
        _("An Admin of the Sales account"),
    ),
    ProblemCode.MARKETO_NOT_CONNECTED: Problem(
        _("The Sales account is not connected to Marketo."),
        _("Connect it on Settings > Admin Settings > Marketo."),
        _("An Admin of the Sales account"),
    ),
    ProblemCode.MARKETO_UNKNOWN_WORKSPACE: Problem(
        _("Marketo has no such workspace, or nobody was chosen."),
        _("Choose one or more people and a workspace of the list, then press Connect."),
        YOU,
    ),
    ProblemCode.MARKETO_NOT_OWNER: Problem(
        _("Only the owner of the connection to Marketo can disconnect it."),
        _("Ask the owner to press Disconnect, or take the connection over first with Connect."),
        _("The owner of the connection"),
    ),
    ProblemCode.MARKETO_NO_INSTANCE: Problem(
        _("This Sales account belongs to no Marketo instance, so there are no credentials to connect with."),
        _("Set up the Sales account first, in Marketo under Admin > Sales Insight > Actions Config."),
        MARKETO_ADMIN,
    ),
    ProblemCode.MARKETO_SEES_SOME: Problem(
        _("Marketo shows the API user only some of the people."), _ALL_WORKSPACES, MARKETO_ADMIN
    ),
    ProblemCode.MARKETO_SEES_UNPROVED: Problem(
        _("Nothing proves that Marketo shows the API user everybody."), _ALL_WORKSPACES, MARKETO_ADMIN
    ),
    ProblemCode.MARKETO_UNEXPECTED: Problem(
        _("Marketo answered something this console does not understand."),
        _("Try again. If it stays, send the time of this message to the operator."),
        OPERATOR,
    ),
}
