"""External client apps: one org's own, with its own credentials, its own policies, and no other org."""

from typing import Any

import pytest
import requests

from sandbox.connect_proxy import SALESFORCE_HOSTS
from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import ADMIN, CLIENT, Api, Browser, act, connect, redeem, refresh

pytestmark = pytest.mark.servers

OWN = {"consumer_key": "own-key", "consumer_secret": "own-secret"}
OWN_CLIENT = {"client_id": "own-key", "client_secret": "own-secret"}
POLICIES = "/lightning/setup/ManageExternalClientApplication/home"
CROSS_ORG = "Cross-org OAuth flows are not supported for this external client app"


def token(sandbox: SandboxProcess, host: str = "", **asked: str) -> dict[str, Any]:
    headers = {"Host": host} if host else {}
    answer = requests.post(f"{sandbox.url}/services/oauth2/token", data=asked, headers=headers, timeout=10)
    found: dict[str, Any] = answer.json()
    return found


def test_an_app_has_its_own_credentials_and_grants(sandbox: SandboxProcess) -> None:
    act(sandbox, "add_app", **OWN)
    first = connect(sandbox)
    with Browser(sandbox) as browser:
        own = redeem(sandbox, browser.answer(client_id="own-key")["code"], **OWN_CLIENT).json()
    assert Api(sandbox, own["access_token"]).get("/limits").ok
    asked = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert token(sandbox, **asked, **OWN_CLIENT)["error"] == "invalid_grant"
    assert refresh(sandbox, first["refresh_token"]).ok


def test_a_code_is_for_the_app_that_asked(sandbox: SandboxProcess, browser: Browser) -> None:
    act(sandbox, "add_app", **OWN)
    assert redeem(sandbox, browser.answer()["code"], **OWN_CLIENT).json()["error"] == "invalid_grant"


def test_an_app_of_another_org_is_refused(sandbox: SandboxProcess, browser: Browser) -> None:
    act(sandbox, "add_app", **OWN, of_this_org=False)
    answer = browser.answer(client_id="own-key")
    assert (answer["error"], answer["error_description"]) == ("OAUTH_AUTHORIZATION_BLOCKED", CROSS_ORG)
    refused = token(sandbox, grant_type="client_credentials", **OWN_CLIENT)
    assert (refused["error"], refused["error_description"]) == ("OAUTH_EC_APP_NOT_FOUND", CROSS_ORG)


def test_the_first_app_can_be_one_of_another_org_too(sandbox: SandboxProcess, browser: Browser) -> None:
    key = {"consumer_key": CLIENT["client_id"], "consumer_secret": CLIENT["client_secret"]}
    act(sandbox, "add_app", **key, of_this_org=False)
    assert browser.answer()["error"] == "OAUTH_AUTHORIZATION_BLOCKED"


def test_external_apps_are_not_copied_into_a_sandbox(sandbox: SandboxProcess) -> None:
    act(sandbox, "add_app", **OWN, run_as=ADMIN[0])
    act(sandbox, "add_app", consumer_key="old-key", consumer_secret="s", external=False, run_as=ADMIN[0])
    act(sandbox, "refresh_sandbox")
    assert token(sandbox, grant_type="client_credentials", **OWN_CLIENT)["error"] == "invalid_client_id"
    old = token(sandbox, grant_type="client_credentials", client_id="old-key", client_secret="s")
    assert old["token_type"] == "Bearer"


def test_client_credentials_run_as_whom_the_policies_name(sandbox: SandboxProcess, browser: Browser) -> None:
    act(sandbox, "add_app", **OWN)
    refused = token(sandbox, grant_type="client_credentials", **OWN_CLIENT)
    assert refused["error_description"] == "no client credentials user enabled"
    browser.get(f"{POLICIES}?app=own-key&tab=edit_policies")
    browser.log_in()
    changed = {"client_credentials": "true", "run_as": "ops@demo.example"}
    browser.submit(action="set_app_policies", consumer_key="own-key", **changed)
    assert "ops@demo.example" in browser.page.text
    given = token(sandbox, grant_type="client_credentials", **OWN_CLIENT)
    identity = requests.get(given["id"], headers={"Authorization": f"Bearer {given['access_token']}"}, timeout=10)
    assert identity.json()["username"] == "ops@demo.example"


def test_client_credentials_are_refused_at_the_shared_login_host(sandbox: SandboxProcess) -> None:
    refused = token(sandbox, "login.salesforce.com", grant_type="client_credentials", **CLIENT)
    assert refused["error_description"] == "request not supported on this domain"


@pytest.mark.parametrize("is_external", [True, False])
def test_an_app_that_is_not_installed_is_refused_by_its_kind(
    sandbox: SandboxProcess, browser: Browser, is_external: bool
) -> None:
    act(sandbox, "add_app", **OWN, external=is_external)
    act(sandbox, "require_install")
    assert browser.answer(client_id="own-key")["error"] == (
        "OAUTH_EC_APP_NOT_FOUND" if is_external else "invalid_client"
    )


def test_only_approved_users_are_let_in_where_that_is_required(sandbox: SandboxProcess, browser: Browser) -> None:
    act(sandbox, "add_app", **OWN)
    act(sandbox, "require_approval")
    assert browser.answer(client_id="own-key")["error"] == "OAUTH_APP_ACCESS_DENIED"
    act(sandbox, "approve_app", username=ADMIN[0], approved=True, consumer_key="own-key")
    assert "code" in browser.answer(client_id="own-key")


def test_two_sandboxes_can_be_two_companies(sandbox: SandboxProcess) -> None:
    own = requests.get(sandbox.url + "/_sandbox/state", timeout=10).json()["org"]["organization"]
    with SandboxProcess.start(people=10, org_number=2, org_name="Umbrella Ltd", consumer_key="their-key") as other:
        theirs = other.get("/_sandbox/state")["org"]["organization"]
        with Browser(other) as browser:
            assert browser.authorize().startswith(f"{other.url}/services/oauth2/authorize")
            assert "client identifier invalid" in browser.page.text
    assert theirs["name"] == "Umbrella Ltd"
    assert theirs["id"] != own["id"]


@pytest.mark.parametrize(
    "host",
    [
        "acme.my.salesforce.com",
        "acme--uat.sandbox.my.salesforce.com",
        "orgfarm-0a1b2c3d-dev-ed.develop.my.salesforce.com",
        "acme.my.salesforce-setup.com",
        "acme.my.salesforce.mil",
        "acme.my.sfcrmproducts.cn",
    ],
)
def test_my_domains_of_every_kind_exist(host: str) -> None:
    assert SALESFORCE_HOSTS.fullmatch(host)
    assert not SALESFORCE_HOSTS.fullmatch(f"{host}.evil.example")
