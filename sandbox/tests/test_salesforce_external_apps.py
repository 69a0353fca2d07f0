"""An external client app made on the pages of Setup may do what was chosen there, and nothing else."""

import re
from collections.abc import Callable

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import ADMIN, CALLBACK, Browser, act, redeem

pytestmark = pytest.mark.servers

APPS = "/lightning/setup/ManageExternalClientApplication/home"
CHOSEN = {"oauth": "true", "callback": CALLBACK, "scopes": "api\nrefresh_token\nid\nopenid"}
App = dict[str, str]
CreateApp = Callable[..., App]


@pytest.fixture
def create_app(browser: Browser) -> CreateApp:
    """Create an app as an administrator does; answers key and secret as a client sends them."""

    def create(**changes: str) -> App:
        browser.get(f"{APPS}?tab=new")
        if "/login" in browser.page.url:
            browser.log_in()
        browser.submit(action="create_app", name="Our console", email="crm@acme.example", **{**CHOSEN, **changes})
        browser.get(f"{APPS}?app=newest&tab=keys")
        key, secret = re.findall(r"<code>([^<]+)</code>", browser.page.text)
        return {"client_id": key, "client_secret": secret}

    return create


def token(sandbox: SandboxProcess, app: App) -> dict[str, str]:
    asked = {"grant_type": "client_credentials", **app}
    answer: dict[str, str] = requests.post(f"{sandbox.url}/services/oauth2/token", data=asked, timeout=10).json()
    return answer


def set_policies(sandbox: SandboxProcess, app: App, **policies: object) -> None:
    act(sandbox, "set_app_policies", consumer_key=app["client_id"], **policies)


def test_it_lets_people_in_at_its_callback_with_its_scopes(
    sandbox: SandboxProcess, browser: Browser, create_app: CreateApp
) -> None:
    app = create_app()
    code = browser.answer(client_id=app["client_id"])["code"]
    assert "<strong>Our console</strong> is asking to:" in browser.page.text
    assert redeem(sandbox, code, **app).json()["refresh_token"]
    browser.authorize(client_id=app["client_id"], redirect_uri="http://127.0.0.1:9/elsewhere")
    assert "redirect_uri must match configuration" in browser.page.text
    narrow = create_app(scopes="api\nid")
    answer = browser.answer(client_id=narrow["client_id"])
    assert (answer["error"], answer["error_description"]) == (
        "invalid_scope",
        "the requested scope is not allowed: refresh_token",
    )


def test_client_credentials_need_a_tick_in_the_settings_and_in_the_policies(
    sandbox: SandboxProcess, create_app: CreateApp
) -> None:
    assert token(sandbox, create_app())["error"] == "unsupported_grant_type"
    app = create_app(client_credentials="true", scopes="api")
    assert token(sandbox, app)["error_description"] == "no client credentials user enabled"
    set_policies(sandbox, app, client_credentials=True, run_as=ADMIN[0])
    assert token(sandbox, app)["scope"] == "api"
    set_policies(sandbox, app, run_as=ADMIN[0])
    assert token(sandbox, app)["error_description"] == "no client credentials user enabled"


def test_pre_authorized_are_those_whose_profile_is_selected_and_nobody_asks_them(
    sandbox: SandboxProcess, browser: Browser, create_app: CreateApp
) -> None:
    app = create_app()
    browser.answer(client_id=app["client_id"])
    set_policies(sandbox, app, permitted_users="approved", profiles=["Sales User"])
    assert browser.answer(client_id=app["client_id"])["error"] == "OAUTH_APP_ACCESS_DENIED"
    set_policies(sandbox, app, permitted_users="approved", profiles=["System Administrator"])
    assert browser.authorize(client_id=app["client_id"]).startswith(CALLBACK)


def test_a_refresh_token_that_expires_at_once_is_none(
    sandbox: SandboxProcess, browser: Browser, create_app: CreateApp
) -> None:
    app = create_app()
    set_policies(sandbox, app, refresh="at_once")
    assert "refresh_token" not in redeem(sandbox, browser.answer(client_id=app["client_id"])["code"], **app).json()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"oauth": False}, "Without Enable OAuth"),
        ({"scopes": ["everything"]}, "There is no scope everything"),
        ({"jwt": True}, "needs a certificate"),
        ({"jwt": True, "pem": "no certificate"}, ""),
    ],
)
def test_wrong_settings_are_refused(sandbox: SandboxProcess, wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(requests.HTTPError) as refused:
        act(sandbox, "create_app", **{"name": "Our console", **CHOSEN, **wrong})
    assert sentence in refused.value.response.text
