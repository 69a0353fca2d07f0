"""Signing in to Salesforce: the addresses that may be called, and its tokens. Answers: test_salesforce_tokens.py."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from clients import http
from clients.hosts import ForbiddenHost, check_instance_url, must_be_public, salesforce_login_origin
from clients.salesforce import oauth
from clients.salesforce.oauth import GrantRefused, OAuthApp, OAuthError, OAuthProblem, TokenAnswer
from sandbox.testing import SandboxProcess
from tests.salesforce_sign_in import APP, exchange, refresh, sign_in

LOCAL = "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("acme", "https://acme.my.salesforce.com"),
        ("Acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("acme--test.sandbox", "https://acme--test.sandbox.my.salesforce.com"),
        ("https://acme--test.sandbox.my.salesforce.com", "https://acme--test.sandbox.my.salesforce.com"),
        ("https://acme.lightning.force.com/lightning/page/home", "https://acme.my.salesforce.com"),
        ("https://acme-dev-ed.develop.lightning.force.com", "https://acme-dev-ed.develop.my.salesforce.com"),
        ("https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home", "https://acme.my.salesforce.com"),
        ("acme.my.salesforce.com/home/home.jsp?id=005&x=a%20b#top", "https://acme.my.salesforce.com"),
        ("  https://acme.lightning.force.com?eptVisible=1\n", "https://acme.my.salesforce.com"),
        ("https://acme.lightning.force.com.mcas.ms/lightning/o/Lead/list", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com:443/", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.mil", "https://acme.my.salesforce.mil"),
        ("https://acme.lightning.crmforce.mil/lightning/page/home", "https://acme.my.salesforce.mil"),
        ("https://acme--uat.sandbox.my.salesforce-setup.mil/x", "https://acme--uat.sandbox.my.salesforce.mil"),
        ("https://acme.my.sfcrmproducts.cn/", "https://acme.my.sfcrmproducts.cn"),
        ("acme.lightning.sfcrmapps.cn", "https://acme.my.sfcrmproducts.cn"),
        ("acme--dev", "https://acme--dev.sandbox.my.salesforce.com"),
        ("acme--dev.cs12.my.salesforce.com", "https://acme--dev.cs12.my.salesforce.com"),
        (
            "https://acme--dev.sandbox.my.salesforce-setup.com/lightning/setup/SetupOneHome/home",
            "https://acme--dev.sandbox.my.salesforce.com",
        ),
        ("orgfarm-0a1b2c3d-dev-ed", "https://orgfarm-0a1b2c3d-dev-ed.develop.my.salesforce.com"),
        (
            "https://orgfarm-0a1b2c3d-dev-ed.develop.lightning.force.com/lightning/page/home",
            "https://orgfarm-0a1b2c3d-dev-ed.develop.my.salesforce.com",
        ),
        ("acme-dev-ed", "https://acme-dev-ed.my.salesforce.com"),
        ("playful-panda-123.trailblaze.lightning.force.com", "https://playful-panda-123.trailblaze.my.salesforce.com"),
        ("HTTPS://ACME.LIGHTNING.FORCE.COM/LIGHTNING/SETUP/SetupOneHome/home", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/lightning/setup/SetupOneHome/home", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com.", "https://acme.my.salesforce.com"),
        ("https://acme.lightning.force.com./lightning/page/home", "https://acme.my.salesforce.com"),
        ("<https://acme.lightning.force.com/lightning/page/home>", "https://acme.my.salesforce.com"),
        ('"acme.my.salesforce.com"', "https://acme.my.salesforce.com"),
        ("\u200bacme.my.salesforce.com\ufeff", "https://acme.my.salesforce.com"),
        ("\xa0acme\t", "https://acme.my.salesforce.com"),
        ("https://acme--c.vf.force.com/apex/Page", "https://acme.my.salesforce.com"),
        ("https://acme--mkto-si.vf.force.com/apex/Lead", "https://acme.my.salesforce.com"),
        ("acme--uat--c.sandbox.vf.force.com", "https://acme--uat.sandbox.my.salesforce.com"),
        ("https://acme-dev-ed--c.develop.vf.force.com/", "https://acme-dev-ed.develop.my.salesforce.com"),
        ("https://acme.file.force.com/sfc/servlet.shepherd/version/download/068", "https://acme.my.salesforce.com"),
        ("https://acme.my.site.com/partners/s/", "https://acme.my.salesforce.com"),
        ("https://acme--uat.sandbox.my.site.com/s", "https://acme--uat.sandbox.my.salesforce.com"),
        ("acme.my.salesforce-sites.com", "https://acme.my.salesforce.com"),
    ],
)
def test_every_spelling_of_a_my_domain_becomes_one_origin(typed: str, origin: str) -> None:
    assert salesforce_login_origin("my_domain", typed, local_origin=None) == origin


@pytest.mark.parametrize("typed", ["acme", "acme.lightning.crmforce.mil", "acme.lightning.sfcrmapps.cn"])
def test_an_org_answers_calls_where_it_lets_people_log_in(typed: str) -> None:
    """One list of hosts: what is accepted as login is accepted as `instance_url`, and led to public addresses only."""
    origin = salesforce_login_origin("my_domain", typed, local_origin=None)
    assert check_instance_url(origin, extra_origins=[]) == origin
    assert must_be_public(origin)


def test_production_sandbox_and_local_logins() -> None:
    assert salesforce_login_origin("production", "", local_origin=None) == "https://login.salesforce.com"
    assert salesforce_login_origin("sandbox", "", local_origin=None) == "https://test.salesforce.com"
    assert salesforce_login_origin("production", "", local_origin=LOCAL) == "https://login.salesforce.com"
    for typed in (LOCAL, f"{LOCAL}/", f" {LOCAL}/lightning/setup/SetupOneHome/home?x=1"):
        assert salesforce_login_origin("my_domain", typed, local_origin=LOCAL) == LOCAL
    for typed in (
        "http://127.0.0.1:80011/",
        "http://127.0.0.1:8001@evil.example/",
        "http://127.0.0.1:8001.evil.example",
    ):
        with pytest.raises(ForbiddenHost):
            salesforce_login_origin("my_domain", typed, local_origin=LOCAL)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "evil.example",
        "https://evil.example/acme.my.salesforce.com",
        "https://acme.my.salesforce.com.evil.example",
        "https://acme.my.salesforce.com@evil.example",
        "https://acme.my.salesforce.com:8443",
        "http://acme.my.salesforce.com",
        "https://evil.example\\@acme.my.salesforce.com",
        "https://acme.my.salesforce.com\\.evil.example",
        "login.salesforce.com",
        "my.salesforce.com",
        "https://127.0.0.1",
        "acme.my.salesforce.com\r\nX: y",
        LOCAL,
        "https://acme.my.salesforce.com.mcas.ms.evil.example",
        "https://acme.my.salesforce.comm",
        "https://acme.my-salesforce.com",
        "https://acme.my.salesforce-set-up.com",
        "https://acme.lightning.force.co",
        "https://acme.lightning.force.com.cn",
        "https://acme.my.salesforce.mil.com",
        "https://acme.evil.my.salesforce.com",
        "https://user:word@acme.lightning.force.com/",
        "https://acme@evil.my.salesforce.com",
        "https://acme.my.salesforce.com:8443/lightning/page/home",
        "https://169.254.169.254",
        "169.254.169.254",
        "[::1]",
        "0x7f000001.my.salesforce.com.evil.example",
        "https://аcme.my.salesforce.com",
        "https://acme.my.ſalesforce.com",
        "https://acme。my.salesforce.com",
        "xn--cme-8cd.my.salesforce.com",
        "na139.salesforce.com",
        "xn--cme-8cd.lightning.force.com",
        "acme.force.com",
        "https://partners.acme.example",
        "https://acme.vf.force.com",
        "https://--c.vf.force.com",
        "https://acme--c.na139.visual.force.com",
        "https://acme.my.site.com.evil.example",
        "acme .my.salesforce.com",
        "https:// acme.my.salesforce.com",
        "acme.my.salesforce.com acme2.my.salesforce.com",
        "https://acme.my.salesforce.com..",
        "https://login.salesforce.com/",
        "test.salesforce.com",
        "-acme",
        "acme-",
        "a" * 64,
    ],
)
def test_hostile_my_domains_are_refused(typed: str) -> None:
    with pytest.raises(ForbiddenHost):
        salesforce_login_origin("my_domain", typed, local_origin=None)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://na139.salesforce.com/", "https://na139.salesforce.com"),
        ("https://acme--test.sandbox.my.salesforce.com:443", "https://acme--test.sandbox.my.salesforce.com"),
        ("https://acme.my.salesforce.mil", "https://acme.my.salesforce.mil"),
        ("https://acme.my.sfcrmproducts.cn", "https://acme.my.sfcrmproducts.cn"),
        (LOCAL, LOCAL),
    ],
)
def test_instance_urls_of_salesforce_are_accepted(url: str, origin: str) -> None:
    assert check_instance_url(url, extra_origins=[LOCAL]) == origin


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://salesforce.com.evil.example",
        "https://evilsalesforce.com",
        "https://acme.my.salesforce.com@evil.example/",
        "https://evil.example/?.salesforce.com",
        "https://evil.example#.salesforce.com",
        "https://acme.my.salesforce.com:444",
        "http://acme.my.salesforce.com",
        "https://acme.lightning.force.com",
        "https://acme.lightning.crmforce.mil",
        "https://acme.lightning.sfcrmapps.cn",
        "https://acme.my.salesforce-setup.com",
        "https://user:word@acme.my.salesforce.com",
        "https://169.254.169.254",
        "https://0x7f000001",
        "http://127.0.0.1:8002",
        "https://acme.my.ſalesforce.com",
        f"{LOCAL}/../x",
        "javascript:alert(1)//.salesforce.com",
    ],
)
def test_hostile_instance_urls_are_refused(url: str) -> None:
    with pytest.raises(ForbiddenHost):
        check_instance_url(url, extra_origins=[LOCAL])


def test_authorize_url_asks_for_the_needed_scopes_with_pkce_and_no_more() -> None:
    pkce = oauth.new_pkce()
    digest = base64.urlsafe_b64encode(hashlib.sha256(pkce.verifier.encode()).digest()).decode()
    url = oauth.authorize_url("https://login.salesforce.com", "key", "https://x.example/back", "s t", pkce.challenge)
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert parameters == {
        "response_type": "code",
        "client_id": "key",
        "redirect_uri": "https://x.example/back",
        "state": "s t",
        "code_challenge": digest.rstrip("="),
        "code_challenge_method": "S256",
        "scope": "api refresh_token id openid",
    }


@pytest.mark.parametrize(
    ("error", "description", "problem"),
    [
        ("access_denied", "end-user denied authorization", OAuthProblem.REFUSED),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", OAuthProblem.APP_BLOCKED),
        ("invalid_client", "app must be installed into org", OAuthProblem.APP_NOT_INSTALLED),
        ("invalid_client", "invalid client credentials", OAuthProblem.WRONG_SECRET),
        ("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app", OAuthProblem.NOT_APPROVED),
        ("invalid_grant", "ip restricted", OAuthProblem.IP_RESTRICTED),
        ("invalid_grant", "inactive user", OAuthProblem.INACTIVE_USER),
        ("invalid_grant", "inactive organization", OAuthProblem.INACTIVE_ORG),
        ("invalid_grant", "expired authorization code", OAuthProblem.EXPIRED_CODE),
        ("invalid_grant", "invalid code verifier", OAuthProblem.EXPIRED_CODE),
        ("invalid_grant", "expired access/refresh token", OAuthProblem.EXPIRED_TOKEN),
        ("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", OAuthProblem.API_DISABLED),
        ("server_error", "", OAuthProblem.BUSY),
        ("something_new", "", OAuthProblem.UNKNOWN),
    ],
)
def test_each_refusal_has_its_problem(error: str, description: str, problem: OAuthProblem) -> None:
    assert oauth.problem_of(error, description) is problem


def test_ids_get_the_checksum_of_salesforce() -> None:
    # From the recorded answers: the same record in both forms.
    assert oauth.to_18("0014S000007Nxml") == "0014S000007NxmlQAC"
    assert oauth.parse_identity("https://login.salesforce.com/id/00D000000000062EAA/005000000000AAA") == (
        "00D000000000062EAA",
        oauth.to_18("005000000000AAA"),
    )


def test_a_sign_in_gives_tokens_of_the_org(sandbox: SandboxProcess, tokens: TokenAnswer) -> None:
    assert tokens.instance_url == sandbox.url
    assert (tokens.org_id[:3], len(tokens.org_id), tokens.user_id[:3], len(tokens.user_id)) == ("00D", 18, "005", 18)
    assert tokens.scopes == set(oauth.SCOPES)
    assert tokens.refresh_token


def test_a_code_works_once_and_only_with_its_verifier(sandbox: SandboxProcess) -> None:
    pkce = oauth.new_pkce()
    with pytest.raises(GrantRefused) as caught:
        exchange(sandbox, APP, sign_in(sandbox, pkce.challenge), "another-verifier")
    assert caught.value.problem is OAuthProblem.EXPIRED_CODE
    code = sign_in(sandbox, pkce.challenge)
    exchange(sandbox, APP, code, pkce.verifier)
    with pytest.raises(GrantRefused):
        exchange(sandbox, APP, code, pkce.verifier)


def test_a_wrong_app_secret_is_our_configuration(sandbox: SandboxProcess) -> None:
    with pytest.raises(OAuthError) as caught:
        exchange(sandbox, OAuthApp(APP.client_id, "a-wrong-word", APP.kind), "code", "verifier")
    assert caught.value.problem is OAuthProblem.WRONG_SECRET
    assert not isinstance(caught.value, http.ReconnectNeeded)
    assert "a-wrong-word" not in str(caught.value) + repr(OAuthApp(APP.client_id, "a-wrong-word", APP.kind))


def test_a_refresh_token_works_until_it_is_revoked(sandbox: SandboxProcess, tokens: TokenAnswer) -> None:
    assert refresh(sandbox, tokens).user_id == tokens.user_id
    session = http.open_session(allowed_hosts=[sandbox.url])
    for _time in range(2):
        oauth.revoke(session=session, origin=sandbox.url, token=tokens.refresh_token or "")
    with pytest.raises(GrantRefused) as caught:
        refresh(sandbox, tokens)
    assert caught.value.problem is OAuthProblem.EXPIRED_TOKEN
