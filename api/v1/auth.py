"""Who calls: a token in the header Authorization, and nothing else."""

import structlog
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from ninja.errors import AuthorizationError, Throttled
from ninja.security import HttpBearer

from accounts.models import SalesAccount
from api.models import ApiToken
from api.scopes import Scope
from api.tokens import find_token, note_use
from common.throttling import hit

CALLS_A_MINUTE = 120
SECONDS = 60


class ApiRequest(HttpRequest):
    """A call with a good token."""

    auth: ApiToken


class Token(HttpBearer):
    """Lets calls in whose token is good and has the scope: so many in a minute, those without the scope among them."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = find_token(token)
        if found is None:
            return None
        structlog.contextvars.bind_contextvars(api_caller=found.pk)
        if hit(f"api-{found.pk}", seconds=SECONDS) > CALLS_A_MINUTE:
            raise Throttled(wait=SECONDS)
        if self.scope not in found.scopes:
            raise AuthorizationError(message=f"The token lacks the scope {self.scope.value}.")
        note_use(found)
        return found


def accounts_of(request: ApiRequest) -> QuerySet[SalesAccount]:
    """The accounts that the token may read."""
    accounts = SalesAccount.objects.all()
    return accounts.filter(pk=request.auth.account_id) if request.auth.account_id else accounts


def is_of_accounts(request: ApiRequest) -> Q:
    """For rows with a column `account`: those that the token may read, of all accounts also those of none."""
    return Q(account=request.auth.account_id) if request.auth.account_id else Q()


def account_of(request: ApiRequest, slug: str) -> SalesAccount:
    """One of them; Http404 for every other."""
    account = accounts_of(request).filter(slug=slug).first()
    if account is None:
        raise Http404
    return account
