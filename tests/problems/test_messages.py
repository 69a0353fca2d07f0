"""Every failure of a provider has sentences of its own."""

import pytest

from clients import http
from clients.salesforce.oauth import GrantRefused, OAuthError, OAuthProblem
from problems.codes import problem_code
from problems.messages import PROBLEMS

SERVICES = ["salesforce", "marketo"]
KINDS = [
    http.ApiError,
    http.ReconnectNeeded,
    http.AccessDenied,
    http.UnexpectedAnswer,
    http.TransientApiError,
    http.Unreachable,
    http.CircuitOpenError,
    http.RateLimited,
    http.QuotaExceeded,
]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_error_is_in_the_table(service: str, kind: type[http.ApiError]) -> None:
    assert problem_code(kind(service, "code")) in PROBLEMS


@pytest.mark.parametrize("problem", OAuthProblem)
def test_each_refusal_of_salesforce_is_in_the_table(problem: OAuthProblem) -> None:
    assert problem_code(OAuthError(problem, "code")) in PROBLEMS
    assert problem_code(GrantRefused(problem, "code")) in PROBLEMS


def test_a_user_without_the_api_is_told_so_and_not_of_a_missing_permission() -> None:
    assert problem_code(http.AccessDenied("salesforce", "API_DISABLED_FOR_ORG")) == "salesforce_api_disabled"
    assert problem_code(http.AccessDenied("salesforce", "INSUFFICIENT_ACCESS")) == "salesforce_permission"


def test_codes_fit_into_their_column_and_sentences_are_whole() -> None:
    for code, problem in PROBLEMS.items():
        assert len(code) <= 40
        assert str(problem.what).endswith(".")
        assert str(problem.todo).endswith(".")
        assert str(problem.who)
