"""What failed and how many calls were used, day by day: written as calls are made, read by Diagnostics."""

import re
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import SalesAccount, User
from clients.http import ApiError
from clients.marketo.types import CENTRAL
from clients.salesforce.errors import SessionExpired
from clients.salesforce.oauth import GrantRefused, OAuthProblem
from connections.models import ApiFailure, ApiUsage, Service
from problems.codes import problem_code

DAY_ZONES = {Service.SALESFORCE: UTC, Service.MARKETO: CENTRAL}
_CODE = re.compile(r"[\w.:-]{1,60}", re.ASCII)
_CUSTOM_NAME = re.compile(r"\b[A-Za-z]\w*__[cr]\b", re.ASCII)
# Ids of records, jobs and users; the latter may be email addresses.
_ID = re.compile(r"(?<=/)(?:[^/]*[%@][^/]*|(?=[^/]*\d)[^/]{12,})")


_GRANTS: dict[OAuthProblem, str] = {
    OAuthProblem.EXPIRED_TOKEN: "EXPIRED_ACCESS",
    OAuthProblem.INACTIVE_USER: "INACTIVE_USER",
    OAuthProblem.INACTIVE_ORG: "INACTIVE_ORGANIZATION",
    OAuthProblem.IP_RESTRICTED: "INVALID_GRANT",
    # Codes of ours: the sentences of problems.messages name the cause.
    OAuthProblem.EXPIRED_CODE: OAuthProblem.EXPIRED_CODE,
    OAuthProblem.REFUSED: OAuthProblem.REFUSED,
    OAuthProblem.APP_OF_OTHER_ORG: OAuthProblem.APP_OF_OTHER_ORG,
    OAuthProblem.APP_BLOCKED: OAuthProblem.APP_BLOCKED,
    OAuthProblem.APP_NOT_INSTALLED: OAuthProblem.APP_NOT_INSTALLED,
    OAuthProblem.NOT_APPROVED: OAuthProblem.NOT_APPROVED,
    OAuthProblem.NO_RUN_AS: OAuthProblem.NO_RUN_AS,
    OAuthProblem.OTHER_USER: OAuthProblem.OTHER_USER,
    OAuthProblem.BAD_ASSERTION: OAuthProblem.BAD_ASSERTION,
}


def failure_code(error: ApiError) -> str:
    """The code under which a failure is counted; Salesforce's one word for every refused token is told apart."""
    if isinstance(error, GrantRefused):
        return _GRANTS.get(error.problem, "AUTHENTICATION_FAILURE")
    if isinstance(error, SessionExpired):
        return "EXPIRED_ACCESS"
    return error.code


def record_failure(account_id: int, operation: str, error: ApiError, *, user: User | None = None) -> None:
    """Count a failed call. Of the provider's message only names of custom fields and objects are kept."""
    code = failure_code(error)
    key = {
        "account_id": account_id,
        "service": error.service,
        "code": code if _CODE.fullmatch(code) else "unexpected",
        "operation": without_ids(operation),
    }
    last = {
        "problem": problem_code(error),
        "names": ", ".join(sorted(set(_CUSTOM_NAME.findall(error.detail))))[:300],
        "user": user,
        "last_seen_at": timezone.now(),
    }
    failure, is_new = ApiFailure.objects.get_or_create(**key, defaults=last)
    if not is_new:
        ApiFailure.objects.filter(pk=failure.pk).update(**last, count=F("count") + 1, solved_at=None)


def without_ids(operation: str) -> str:
    """The path of a call as it is kept."""
    return _ID.sub("…", operation)[:200]


def solve_failures(account: SalesAccount, service: Service, which: Q) -> None:
    """Calls that were shown to succeed no longer stand open; `which` selects them among the service's failures."""
    rows = ApiFailure.objects.for_account(account).filter(which, service=service, solved_at=None)
    rows.update(solved_at=timezone.now())


def record_usage(account_id: int, service: Service, calls: int, limit: int | None) -> None:
    """Keep the highest number of calls of the provider's day."""
    day = datetime.now(DAY_ZONES[service]).date()
    key = {"account_id": account_id, "service": service, "day": day}
    if not _raise_usage(key, calls, limit):
        _usage, is_new = ApiUsage.objects.get_or_create(**key, defaults={"calls": calls, "limit": limit})
        if not is_new:
            _raise_usage(key, calls, limit)


def _raise_usage(key: dict[str, Any], calls: int, limit: int | None) -> int:
    return ApiUsage.objects.filter(**key).update(calls=Greatest(F("calls"), calls), limit=limit)
