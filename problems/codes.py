"""What can go wrong with a connection, as it is stored, and which error means what; sentences are in messages.py."""

from enum import StrEnum

from clients.http import (
    AccessDenied,
    ApiError,
    CircuitOpenError,
    QuotaExceeded,
    ReconnectNeeded,
    TransientApiError,
    Unreachable,
)
from clients.marketo.errors import SERVICE as MARKETO
from clients.salesforce.errors import SERVICE as SALESFORCE
from clients.salesforce.oauth import AppKind, OAuthError, OAuthProblem, problem_of
from problems.errors import AppUnreadable, CredentialsUnreadable


class ProblemCode(StrEnum):
    """The provider's name, and what is the matter."""

    SALESFORCE_REFUSED = "salesforce_refused"
    SALESFORCE_EXTERNAL_APP_OF_OTHER_ORG = "salesforce_external_app_of_other_org"
    SALESFORCE_EXTERNAL_APP_BLOCKED = "salesforce_external_app_blocked"
    SALESFORCE_EXTERNAL_APP_NOT_INSTALLED = "salesforce_external_app_not_installed"
    SALESFORCE_EXTERNAL_APP_NOT_APPROVED = "salesforce_external_app_not_approved"
    SALESFORCE_APP_OF_OTHER_ORG = "salesforce_app_of_other_org"
    SALESFORCE_APP_BLOCKED = "salesforce_app_blocked"
    SALESFORCE_APP_NOT_INSTALLED = "salesforce_app_not_installed"
    SALESFORCE_NOT_APPROVED = "salesforce_not_approved"
    SALESFORCE_INACTIVE_USER = "salesforce_inactive_user"
    SALESFORCE_INACTIVE_ORG = "salesforce_inactive_org"
    SALESFORCE_IP_RESTRICTED = "salesforce_ip_restricted"
    SALESFORCE_API_DISABLED = "salesforce_api_disabled"
    SALESFORCE_EXPIRED_CODE = "salesforce_expired_code"
    SALESFORCE_EXPIRED_TOKEN = "salesforce_expired_token"  # noqa: S105
    SALESFORCE_CREDENTIALS = "salesforce_credentials"
    SALESFORCE_UNREADABLE = "salesforce_unreadable"
    SALESFORCE_BAD_CLIENT = "salesforce_bad_client"
    SALESFORCE_UNKNOWN_KEY = "salesforce_unknown_key"
    SALESFORCE_WRONG_SECRET = "salesforce_wrong_secret"  # noqa: S105
    SALESFORCE_APP_UNREADABLE = "salesforce_app_unreadable"
    SALESFORCE_NO_APP = "salesforce_no_app"
    SALESFORCE_NO_RUN_AS = "salesforce_no_run_as"
    SALESFORCE_OTHER_USER = "salesforce_other_user"
    SALESFORCE_BAD_ASSERTION = "salesforce_bad_assertion"
    SALESFORCE_FLOW_OFF = "salesforce_flow_off"
    SALESFORCE_NO_KEY = "salesforce_no_key"
    SALESFORCE_OTHER_APP = "salesforce_other_app"
    SALESFORCE_APP_TAKEN = "salesforce_app_taken"
    SALESFORCE_APP_IN_USE = "salesforce_app_in_use"
    SALESFORCE_WRONG_HOST = "salesforce_wrong_host"
    SALESFORCE_BAD_DOMAIN = "salesforce_bad_domain"
    SALESFORCE_BUSY = "salesforce_busy"
    SALESFORCE_UNREACHABLE = "salesforce_unreachable"
    SALESFORCE_UNKNOWN_NAME = "salesforce_unknown_name"
    SALESFORCE_CERTIFICATE = "salesforce_certificate"
    SALESFORCE_PAUSED = "salesforce_paused"
    SALESFORCE_QUOTA = "salesforce_quota"
    SALESFORCE_PERMISSION = "salesforce_permission"
    SALESFORCE_SCOPE = "salesforce_scope"
    SALESFORCE_LOST_SIGN_IN = "salesforce_lost_sign_in"
    SALESFORCE_TOO_MANY_SIGN_INS = "salesforce_too_many_sign_ins"
    SALESFORCE_NOT_ALLOWED = "salesforce_not_allowed"
    SALESFORCE_OTHER_ORG = "salesforce_other_org"
    SALESFORCE_FOREIGN_ORG = "salesforce_foreign_org"
    SALESFORCE_NOT_CONNECTED = "salesforce_not_connected"
    SALESFORCE_UNEXPECTED = "salesforce_unexpected"
    SALESFORCE_PACKAGE_REMOVED = "salesforce_package_removed"
    SALESFORCE_SEES_SOME = "salesforce_sees_some"
    SALESFORCE_SEES_UNPROVED = "salesforce_sees_unproved"
    ASKED_JUST_NOW = "asked_just_now"
    ASKED_TOO_MUCH = "asked_too_much"
    TOO_MANY_LINKS = "too_many_links"
    TOO_MANY_CHECKS = "too_many_checks"
    MARKETO_CREDENTIALS = "marketo_credentials"
    MARKETO_UNREADABLE = "marketo_unreadable"
    MARKETO_NO_ADMINS = "marketo_no_admins"
    MARKETO_BAD_ADDRESS = "marketo_bad_address"
    MARKETO_WRONG_INSTANCE = "marketo_wrong_instance"
    MARKETO_FORBIDDEN_HOST = "marketo_forbidden_host"
    MARKETO_NOT_MARKETO = "marketo_not_marketo"
    MARKETO_PERMISSION = "marketo_permission"
    MARKETO_UNREACHABLE = "marketo_unreachable"
    MARKETO_UNKNOWN_NAME = "marketo_unknown_name"
    MARKETO_CERTIFICATE = "marketo_certificate"
    MARKETO_BUSY = "marketo_busy"
    MARKETO_PAUSED = "marketo_paused"
    MARKETO_QUOTA = "marketo_quota"
    MARKETO_NOT_ALLOWED = "marketo_not_allowed"
    MARKETO_TAKEN = "marketo_taken"
    MARKETO_HAS_ACCESS = "marketo_has_access"
    MARKETO_NOT_CONNECTED = "marketo_not_connected"
    MARKETO_UNKNOWN_WORKSPACE = "marketo_unknown_workspace"
    MARKETO_NOT_OWNER = "marketo_not_owner"
    MARKETO_NO_INSTANCE = "marketo_no_instance"
    MARKETO_SEES_SOME = "marketo_sees_some"
    MARKETO_SEES_UNPROVED = "marketo_sees_unproved"
    MARKETO_UNEXPECTED = "marketo_unexpected"


# The code for each kind of error, by provider; the first that fits counts.
_BY_KIND: dict[str, dict[type[ApiError], ProblemCode]] = {
    SALESFORCE: {
        AppUnreadable: ProblemCode.SALESFORCE_APP_UNREADABLE,
        CredentialsUnreadable: ProblemCode.SALESFORCE_UNREADABLE,
        ReconnectNeeded: ProblemCode.SALESFORCE_CREDENTIALS,
        QuotaExceeded: ProblemCode.SALESFORCE_QUOTA,
        AccessDenied: ProblemCode.SALESFORCE_PERMISSION,
        CircuitOpenError: ProblemCode.SALESFORCE_PAUSED,
        Unreachable: ProblemCode.SALESFORCE_UNREACHABLE,
        TransientApiError: ProblemCode.SALESFORCE_BUSY,
        ApiError: ProblemCode.SALESFORCE_UNEXPECTED,
    },
    MARKETO: {
        CredentialsUnreadable: ProblemCode.MARKETO_UNREADABLE,
        ReconnectNeeded: ProblemCode.MARKETO_CREDENTIALS,
        QuotaExceeded: ProblemCode.MARKETO_QUOTA,
        AccessDenied: ProblemCode.MARKETO_PERMISSION,
        CircuitOpenError: ProblemCode.MARKETO_PAUSED,
        Unreachable: ProblemCode.MARKETO_UNREACHABLE,
        TransientApiError: ProblemCode.MARKETO_BUSY,
        ApiError: ProblemCode.MARKETO_UNEXPECTED,
    },
}
# Why nothing could be reached, where the code of clients.http says it: what an operator mends.
_BY_NETWORK: dict[tuple[str, str], ProblemCode] = {
    (SALESFORCE, "name"): ProblemCode.SALESFORCE_UNKNOWN_NAME,
    (SALESFORCE, "certificate"): ProblemCode.SALESFORCE_CERTIFICATE,
    (MARKETO, "name"): ProblemCode.MARKETO_UNKNOWN_NAME,
    (MARKETO, "certificate"): ProblemCode.MARKETO_CERTIFICATE,
}
_BY_OAUTH_PROBLEM = {
    OAuthProblem.REFUSED: ProblemCode.SALESFORCE_REFUSED,
    OAuthProblem.APP_OF_OTHER_ORG: ProblemCode.SALESFORCE_APP_OF_OTHER_ORG,
    OAuthProblem.APP_BLOCKED: ProblemCode.SALESFORCE_APP_BLOCKED,
    OAuthProblem.APP_NOT_INSTALLED: ProblemCode.SALESFORCE_APP_NOT_INSTALLED,
    OAuthProblem.NOT_APPROVED: ProblemCode.SALESFORCE_NOT_APPROVED,
    OAuthProblem.INACTIVE_USER: ProblemCode.SALESFORCE_INACTIVE_USER,
    OAuthProblem.INACTIVE_ORG: ProblemCode.SALESFORCE_INACTIVE_ORG,
    OAuthProblem.IP_RESTRICTED: ProblemCode.SALESFORCE_IP_RESTRICTED,
    OAuthProblem.API_DISABLED: ProblemCode.SALESFORCE_API_DISABLED,
    OAuthProblem.EXPIRED_CODE: ProblemCode.SALESFORCE_EXPIRED_CODE,
    OAuthProblem.EXPIRED_TOKEN: ProblemCode.SALESFORCE_EXPIRED_TOKEN,
    OAuthProblem.BAD_CLIENT: ProblemCode.SALESFORCE_BAD_CLIENT,
    OAuthProblem.NO_RUN_AS: ProblemCode.SALESFORCE_NO_RUN_AS,
    OAuthProblem.OTHER_USER: ProblemCode.SALESFORCE_OTHER_USER,
    OAuthProblem.BAD_ASSERTION: ProblemCode.SALESFORCE_BAD_ASSERTION,
    OAuthProblem.FLOW_OFF: ProblemCode.SALESFORCE_FLOW_OFF,
    OAuthProblem.UNKNOWN_KEY: ProblemCode.SALESFORCE_UNKNOWN_KEY,
    OAuthProblem.WRONG_SECRET: ProblemCode.SALESFORCE_WRONG_SECRET,
    OAuthProblem.WRONG_HOST: ProblemCode.SALESFORCE_WRONG_HOST,
    OAuthProblem.BUSY: ProblemCode.SALESFORCE_BUSY,
}
# The same for an external client app, which has its policies elsewhere in Setup than a connected app.
_OF_EXTERNAL_APP = {
    ProblemCode.SALESFORCE_APP_OF_OTHER_ORG: ProblemCode.SALESFORCE_EXTERNAL_APP_OF_OTHER_ORG,
    ProblemCode.SALESFORCE_APP_BLOCKED: ProblemCode.SALESFORCE_EXTERNAL_APP_BLOCKED,
    ProblemCode.SALESFORCE_APP_NOT_INSTALLED: ProblemCode.SALESFORCE_EXTERNAL_APP_NOT_INSTALLED,
    ProblemCode.SALESFORCE_NOT_APPROVED: ProblemCode.SALESFORCE_EXTERNAL_APP_NOT_APPROVED,
}
# Nothing was asked, because others wait for answers just now.
NOT_ASKED = frozenset({ProblemCode.ASKED_JUST_NOW, ProblemCode.ASKED_TOO_MUCH})
# What any call that succeeds disproves. The rest is about one kind of call: a check or a new connection ends it.
PASSING = frozenset(
    table[kind]
    for table in _BY_KIND.values()
    for kind in (Unreachable, CircuitOpenError, TransientApiError, QuotaExceeded)
) | frozenset(_BY_NETWORK.values())
PERMISSION = frozenset(table[AccessDenied] for table in _BY_KIND.values())
# What a new connection to Salesforce disproves.
REFUSED_BY_SALESFORCE = frozenset(
    {ProblemCode.SALESFORCE_CREDENTIALS, *_BY_OAUTH_PROBLEM.values(), *_OF_EXTERNAL_APP.values()}
)


def problem_code(error: ApiError) -> ProblemCode:
    """The code for an error of one of the clients."""
    if known := _BY_OAUTH_PROBLEM.get(_known_to_oauth(error)):
        is_external = isinstance(error, OAuthError) and error.app_kind == AppKind.EXTERNAL_CLIENT_APP
        return _OF_EXTERNAL_APP.get(known, known) if is_external else known
    if isinstance(error, Unreachable) and (known_cause := _BY_NETWORK.get((error.service, error.code))):
        return known_cause
    return next(code for kind, code in _BY_KIND[error.service].items() if isinstance(error, kind))


def _known_to_oauth(error: ApiError) -> OAuthProblem:
    if isinstance(error, OAuthError):
        return error.problem
    if error.service == SALESFORCE and isinstance(error, AccessDenied):
        return problem_of(error.code, error.detail)
    return OAuthProblem.UNKNOWN
