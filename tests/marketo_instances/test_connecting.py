"""Connecting to Marketo: with what Marketo sent, or with what somebody pasted."""

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.occurrences import begin
from accounts.permissions import Role
from clients.http import ReconnectNeeded
from connections.asking import asking
from connections.audit_actions import ConnectionAction
from connections.events import MARKETO_BROKEN
from connections.models import ConnectionStatus, MarketoConnection, MarketoInstance
from connections.services.call_recorder import record_problem
from connections.services.client_factory import marketo_client
from connections.services.health import check_connection, marketo_health
from connections.services.token_refresh import SharedTokenCache
from marketo_instances import connecting
from marketo_instances.admins import marketo_admins
from marketo_instances.audit_actions import InstanceAction
from members.services import change_role
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.factories import make_member
from tests.pages import text_of

PAGE = "/settings/admin/marketo/"
CONNECT = "/settings/admin/marketo/connect/"
SET_UP = "/settings/admin/marketo/set-up/"
TAKE_OVER = "/settings/admin/marketo/take-over/"
DISCONNECT = "/settings/admin/marketo/disconnect/"
PASTED = {
    "munchkin_id": "123-ABC-456",
    "client_id": "sandbox-client-id",
    "client_secret": "sandbox-client-secret",
}


@pytest.fixture
def second_admin(account: SalesAccount) -> User:
    return make_member(account, "second@acme.example", Role.ADMIN).user


def test_connect_uses_the_credentials_that_marketo_sent(
    admin: User, linked_instance: MarketoInstance, client_of: ClientOf
) -> None:
    page = text_of(client_of(admin).post(CONNECT, follow=True))
    assert "You are the owner of the connection." in page
    connection = MarketoConnection.objects.get()
    assert (connection.owner, connection.client_id) == (admin, "sandbox-client-id")
    assert AuditEvent.objects.filter(
        action=InstanceAction.MARKETO_CONNECTED, actor=admin, target="123-ABC-456"
    ).exists()


@pytest.mark.usefixtures("linked_instance")
def test_an_account_waits_for_marketo_in_few_threads(admin: User, account: SalesAccount, client_of: ClientOf) -> None:
    """Security statement 15: two of an account at a time, whichever way it is being connected."""
    probe, browser = ("marketo-probe", account.pk), client_of(admin)
    with asking(*probe), asking(*probe, places=2):
        pages = [text_of(browser.post(CONNECT)), text_of(browser.post(SET_UP, PASTED))]
    assert ["This is being done already." in page for page in pages] == [True, True]
    assert not MarketoConnection.objects.exists()


def test_an_account_without_an_instance_is_told_where_to_begin(
    admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    assert "belongs to no Marketo instance" in text_of(client_of(admin).post(CONNECT))


@pytest.mark.parametrize(
    "munchkin_id",
    [
        "123-ABC-456",
        " 123-abc-456\n",
        "\u200b123-ABC-456\ufeff",
        "https://123-ABC-456.mktorest.com/rest",
        "123-ABC-456\u00a0",
    ],
)
def test_pasted_credentials_lose_the_space_around_them(
    admin: User, linked_instance: MarketoInstance, client_of: ClientOf, munchkin_id: str
) -> None:
    pasted = {
        "munchkin_id": munchkin_id,
        "client_id": "\t sandbox-client-id\u00a0",
        "client_secret": "\u200bsandbox-client-secret \r\n",
    }
    assert "You are the owner" in text_of(client_of(admin).post(SET_UP, pasted, follow=True))
    connection = MarketoConnection.objects.get()
    assert (connection.munchkin_id, connection.client_id) == ("123-ABC-456", "sandbox-client-id")
    assert connection.client_secret == "sandbox-client-secret"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"client_secret": "rotated-away"}, "Marketo refused the Client ID or the Client Secret."),
        ({"client_id": "somebody-else"}, "Marketo refused the Client ID or the Client Secret."),
        ({"munchkin_id": "999-XYZ-999"}, "belongs to another Marketo instance"),
        ({"munchkin_id": "169.254.169.254"}, "This is not the Munchkin Account ID"),
        ({"munchkin_id": "https://123-ABC-456.mktorest.com.evil.example"}, "This is not the Munchkin Account ID"),
    ],
)
def test_a_refused_form_comes_back_with_all_but_the_secret(
    admin: User, linked_instance: MarketoInstance, client_of: ClientOf, change: dict[str, str], sentence: str
) -> None:
    typed = PASTED | change
    page = text_of(client_of(admin).post(SET_UP, typed))
    assert sentence in page
    assert f'value="{typed["munchkin_id"]}"' in page
    assert f'value="{typed["client_id"]}"' in page
    assert typed["client_secret"] not in page
    assert not MarketoConnection.objects.exists()


@pytest.mark.parametrize(
    ("path", "kind", "sentence"),
    [
        ("/identity/oauth/token", "reset", "Marketo did not answer in time."),
        ("/identity/oauth/token", "status:404", "There is no Marketo instance at this address."),
        ("/rest/v1/leads/describe", "marketo:603", "Marketo refused the call"),
        ("/rest/v1/leads/describe", "marketo:607", "has used all its API calls of today"),
        ("/rest/v1/leads/describe", "marketo:606", "Marketo is busy"),
    ],
)
def test_each_failure_of_the_probe_has_its_sentence(
    admin: User,
    linked_instance: MarketoInstance,
    client_of: ClientOf,
    sandbox: SandboxProcess,
    path: str,
    kind: str,
    sentence: str,
) -> None:
    sandbox.post("/_sandbox/faults", {"path": path, "kind": kind})
    assert sentence in text_of(client_of(admin).post(CONNECT))
    assert not MarketoConnection.objects.exists()


def test_another_admin_sees_the_owner_and_can_neither_replace_nor_disconnect(
    marketo_connection: MarketoConnection, second_admin: User, client_of: ClientOf
) -> None:
    browser = client_of(second_admin)
    page = text_of(browser.get(PAGE))
    assert "Only admin@acme.example can disconnect." in page
    assert DISCONNECT not in page
    assert "connected to Marketo by another admin" in text_of(browser.post(CONNECT))
    assert "connected to Marketo by another admin" in text_of(browser.post(SET_UP, PASTED))
    assert "Only the owner of the connection" in text_of(browser.post(DISCONNECT))
    assert MarketoConnection.objects.get().owner == marketo_connection.owner


@pytest.mark.parametrize("path", [CONNECT, TAKE_OVER])
def test_whoever_loses_the_right_while_marketo_answers_does_not_own_the_connection(
    admin: User,
    linked_instance: MarketoInstance,
    second_admin: User,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    """Security statement 35."""
    if path == TAKE_OVER:
        client_of(admin).post(CONNECT)

    def answered(*_args: object) -> None:
        change_role(member=second_admin.member, role=Role.USER, changed_by=admin)

    monkeypatch.setattr(connecting, "probe_marketo", answered)
    assert "your role was changed meanwhile" in text_of(client_of(second_admin).post(path))
    assert not MarketoConnection.objects.filter(owner=second_admin).exists()


def test_another_admin_takes_over_a_connection_that_no_longer_works(
    marketo_connection: MarketoConnection, second_admin: User, client_of: ClientOf
) -> None:
    MarketoConnection.objects.update(
        status=ConnectionStatus.NEEDS_RECONNECTING, problem=ProblemCode.MARKETO_CREDENTIALS
    )
    client_of(second_admin).post(SET_UP, PASTED)
    connection = MarketoConnection.objects.get()
    assert (connection.owner, connection.status, connection.problem) == (second_admin, "connected", "")


def test_the_owner_disconnects_after_reading_what_stops(
    marketo_connection: MarketoConnection, client_of: ClientOf
) -> None:
    browser = client_of(marketo_connection.owner)
    begin(MARKETO_BROKEN, account=marketo_connection.account)
    assert "Data sync stops" in text_of(browser.get(DISCONNECT))
    assert MarketoConnection.objects.exists()
    assert "Disconnected from Marketo." in text_of(browser.post(DISCONNECT, follow=True))
    assert not MarketoConnection.objects.exists()
    assert AuditEvent.objects.filter(action=ConnectionAction.MARKETO_DISCONNECTED).exists()
    assert MARKETO_BROKEN.ending(Occurrence.objects.get().details) == "Marketo was disconnected."


def test_the_secret_is_encrypted_and_in_no_page(marketo_connection: MarketoConnection, client_of: ClientOf) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM connections_marketoconnection")
        assert cursor.fetchone() != ("sandbox-client-secret",)
    browser = client_of(marketo_connection.owner)
    for url in (PAGE, SET_UP, DISCONNECT):
        assert "sandbox-client-secret" not in text_of(browser.get(url))


def test_workers_share_one_encrypted_token(marketo_connection: MarketoConnection, sandbox: SandboxProcess) -> None:
    marketo_client(marketo_connection).usage_today()
    sandbox.delete("/_sandbox/calls")
    marketo_client(marketo_connection).usage_today()
    assert [call["path"] for call in sandbox.get("/_sandbox/calls") if "oauth" in call["path"]] == []
    redis = cache._cache.get_client()  # type: ignore[attr-defined]
    tokens = [redis.get(key) for key in redis.keys("*marketo-token*")]
    assert len(tokens) == 1
    token = SharedTokenCache(marketo_connection).get()
    assert token
    assert token.encode() not in tokens[0]


def test_the_regular_look_sees_a_rotated_secret_and_its_repair(
    marketo_connection: MarketoConnection, settings: Settings
) -> None:
    cache.clear()
    MarketoConnection.objects.update(client_secret="rotated-away")
    check_connection(MarketoConnection.objects.get())
    health = marketo_health(marketo_connection.account)
    assert not health.is_connected
    assert health.problem is not None
    assert "refused the Client ID" in str(health.problem.what)
    MarketoConnection.objects.update(client_secret="sandbox-client-secret")
    check_connection(MarketoConnection.objects.get())
    assert marketo_health(marketo_connection.account).is_good


@pytest.mark.django_db(transaction=True)
def test_any_call_that_succeeds_ends_a_passing_problem(marketo_connection: MarketoConnection) -> None:
    MarketoConnection.objects.update(problem=ProblemCode.MARKETO_BUSY, last_call_at=None)
    marketo_client(marketo_connection).describe_fields()
    healthy = MarketoConnection.objects.get()
    assert healthy.problem == ""
    assert healthy.last_call_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_worker_with_the_old_secret_says_nothing_about_the_new_one(
    marketo_connection: MarketoConnection, linked_instance: MarketoInstance, client_of: ClientOf
) -> None:
    cache.clear()
    MarketoConnection.objects.update(client_secret="rotated-away")
    late = marketo_client(MarketoConnection.objects.get())
    with pytest.raises(ReconnectNeeded) as caught:
        late.usage_today()
    client_of(marketo_connection.owner).post(SET_UP, PASTED)
    record_problem(MarketoConnection.objects.get(), caught.value)
    assert marketo_health(marketo_connection.account).is_good


def test_pasting_a_rotated_secret_lets_the_instance_be_read_again(
    marketo_connection: MarketoConnection, linked_instance: MarketoInstance, client_of: ClientOf
) -> None:
    cache.clear()
    MarketoInstance.objects.update(client_secret="rotated-away")
    with pytest.raises(ConnectionProblem):
        marketo_admins(MarketoInstance.objects.get())
    client_of(marketo_connection.owner).post(SET_UP, PASTED)
    assert marketo_admins(MarketoInstance.objects.get()).exists()


@pytest.mark.parametrize("url", [SET_UP, "/ops/marketo-instances/new/"])
def test_a_posted_secret_never_waits_in_the_session_for_a_password(
    admin: User, linked_instance: MarketoInstance, browser_of_this_morning: Client, url: str
) -> None:
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    browser = browser_of_this_morning
    answer = browser.post(url, PASTED)
    assert answer["Location"] == url
    assert browser.get(url)["Location"].startswith("/accounts/reauthenticate/")
    assert "sandbox-client-secret" not in str(dict(browser.session))
    assert not MarketoConnection.objects.exists()
