"""What Salesforce's token endpoint answers: tokens, refusals, and what is neither."""

import base64
import hmac

import pytest

from clients import http
from clients.salesforce import oauth
from clients.salesforce.oauth import OAuthError, OAuthProblem, TokenAnswer
from problems.codes import problem_code
from tests.canned_answers import CannedAnswers
from tests.salesforce_sign_in import APP

IDENTITY = "https://login.salesforce.com/id/00D000000000062EAA/005000000000001AAA"


def token_answer(**changes: object) -> dict[str, object]:
    digest = hmac.digest(APP.client_secret.encode(), f"{IDENTITY}1700000000000".encode(), "sha256")
    answer: dict[str, object] = {
        "access_token": "canary",
        "instance_url": "https://acme.my.salesforce.com",
        "id": IDENTITY,
        "issued_at": "1700000000000",
        "signature": base64.b64encode(digest).decode(),
        "scope": "api refresh_token",
    }
    return answer | changes


def refresh_canned(origin: str, status: int, answer: object) -> TokenAnswer:
    CannedAnswers.answers = {"/services/oauth2/token": (status, answer, {})}
    session = http.open_session(allowed_hosts=[origin])
    return oauth.refresh(APP, session=session, origin=origin, refresh_token="old")


def test_a_signed_answer_is_read_and_hides_its_tokens(canned: str) -> None:
    tokens = refresh_canned(canned, 200, token_answer(refresh_token="rotated-canary"))
    assert (tokens.access_token, tokens.refresh_token) == ("canary", "rotated-canary")
    assert (tokens.org_id, tokens.user_id) == ("00D000000000062EAA", "005000000000001AAA")
    assert tokens.scopes == {"api", "refresh_token"}
    assert "canary" not in repr(tokens)


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "AAAA"},
        {"id": IDENTITY.replace("005000000000001", "005000000000002")},
        {"instance_url": "https://evil.example"},
        {"instance_url": "http://127.0.0.1:9"},
    ],
)
def test_an_answer_from_the_wrong_host_is_refused(canned: str, changes: dict[str, object]) -> None:
    with pytest.raises(OAuthError) as caught:
        refresh_canned(canned, 200, token_answer(**changes))
    assert caught.value.problem is OAuthProblem.WRONG_HOST
    assert "canary" not in str(caught.value)


def test_an_answer_without_a_token_is_an_error_without_secrets(canned: str) -> None:
    answer = token_answer(refresh_token="canary")
    del answer["access_token"]
    with pytest.raises(http.UnexpectedAnswer) as caught:
        refresh_canned(canned, 200, answer)
    assert "canary" not in str(caught.value)


NO_TOKENS: list[object] = [None, "", ["canary"], {"canary": 1}, "canary\n", "can\ud800ary"]


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_no_header_takes_is_no_token(canned: str, token: object) -> None:
    with pytest.raises(http.UnexpectedAnswer):
        refresh_canned(canned, 200, token_answer(access_token=token))


def test_a_refusal_without_words_is_a_refusal(canned: str) -> None:
    """And nobody's error: whoever refreshes would try for ever, and every page about it be a 500."""
    odd: list[object] = [None, 7, ["no"], {}]
    for description in odd:
        with pytest.raises(http.ReconnectNeeded):
            refresh_canned(canned, 400, {"error": "invalid_grant", "error_description": description})
    for error in odd:
        with pytest.raises(http.TransientApiError):
            refresh_canned(canned, 400, {"error": error, "error_description": "expired access/refresh token"})


# Salesforce, "OAuth 2.0 Error Codes" of the token endpoint: code and description, and the sentences they end on.
REFUSALS = [
    ("invalid_grant", "expired access/refresh token", "salesforce_expired_token"),
    ("invalid_grant", "expired authorization code", "salesforce_expired_code"),
    ("invalid_grant", "invalid authorization code", "salesforce_expired_code"),
    ("invalid_grant", "invalid code verifier", "salesforce_expired_code"),
    ("invalid_grant", "authentication failure", "salesforce_refused"),
    ("invalid_grant", "inactive user", "salesforce_inactive_user"),
    ("invalid_grant", "inactive organization", "salesforce_inactive_org"),
    ("invalid_grant", "ip restricted", "salesforce_ip_restricted"),
    ("invalid_grant", "ip restricted or invalid login hours", "salesforce_ip_restricted"),
    ("invalid_grant", "user hasn't approved this consumer", "salesforce_not_approved"),
    ("invalid_grant", "user is not admin approved to access this app", "salesforce_not_approved"),
    ("invalid_grant", "audience is invalid", "salesforce_wrong_host"),
    ("invalid_grant", "something Salesforce thinks of next year", "salesforce_credentials"),
    ("invalid_client_id", "client identifier invalid", "salesforce_unknown_key"),
    ("invalid_client", "invalid client credentials", "salesforce_wrong_secret"),
    ("redirect_uri_mismatch", "redirect_uri must match configuration", "salesforce_bad_client"),
    ("unsupported_grant_type", "grant type not supported", "salesforce_flow_off"),
    ("invalid_request", "missing required parameter", "salesforce_bad_client"),
    ("rate_limit_exceeded", "login rate exceeded", "salesforce_busy"),
    ("something_new", "", "salesforce_unexpected"),
]


@pytest.mark.parametrize(("error", "description", "code"), REFUSALS)
def test_each_refusal_of_the_token_endpoint_ends_on_its_sentences(
    canned: str, error: str, description: str, code: str
) -> None:
    with pytest.raises(http.ApiError) as caught:
        refresh_canned(canned, 400, {"error": error, "error_description": description})
    assert problem_code(caught.value) == code
    assert isinstance(caught.value, http.ReconnectNeeded) == (error == "invalid_grant")


@pytest.mark.parametrize(("status", "answer"), [(503, "down"), (429, {"error": "rate_limit_exceeded"}), (502, [])])
def test_a_token_endpoint_in_trouble_is_transient(canned: str, status: int, answer: object) -> None:
    with pytest.raises(http.TransientApiError):
        refresh_canned(canned, status, answer)


@pytest.mark.parametrize(
    "description",
    [
        "token request is already being processed",
        "Token request is already being processed.",
        "login rate exceeded",
        "Login Rate Exceeded",
        "too many requests, try again later",
    ],
)
def test_a_grant_that_is_refused_for_a_moment_is_kept(canned: str, description: str) -> None:
    """Salesforce has one code, invalid_grant, for a dead token and for a busy server."""
    with pytest.raises(http.TransientApiError):
        refresh_canned(canned, 400, {"error": "invalid_grant", "error_description": description})
