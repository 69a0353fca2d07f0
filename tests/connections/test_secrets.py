"""No secret of a connection is seen by anybody: a canary is looked for wherever a text of ours ends up."""

from collections.abc import Iterator

import pytest
import structlog
from django.core.cache import cache
from django.db import connection as database
from structlog.testing import capture_logs
from structlog.typing import EventDict

from accounts.models import User
from clients.http import ApiError
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.health import check_account
from connections.services.token_refresh import SharedTokenCache
from msi_admin.celery import app
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg
from tests.pages import text_of
from tests.test_access import PAGES_OF_CONNECTIONS as ALL_PAGES


@pytest.fixture
def secrets(salesforce_connection: SalesforceConnection, marketo_connection: MarketoConnection) -> list[str]:
    """Every secret of two living connections."""
    marketo_client(marketo_connection).usage_today()
    token = SharedTokenCache(marketo_connection).get()
    assert token
    return [
        salesforce_connection.access_token,
        salesforce_connection.refresh_token,
        marketo_connection.client_secret,
        token,
        "sandbox-consumer-secret",
    ]


def test_no_secret_reaches_a_browser(secrets: list[str], admin: User, client_of: ClientOf) -> None:
    """Security statement 5: pages, headers, cookies and the session of an admin who opens everything."""
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    browser = client_of(admin)
    urls = [url for method, url in ALL_PAGES if method == "get"]
    for url in [*urls, "/", "/settings/admin/salesforce/?problem=salesforce_busy"]:
        answer = browser.get(url, follow=True)
        seen = text_of(answer) + str(answer.headers) + str(answer.cookies) + str(dict(browser.session))
        assert not [secret for secret in secrets if secret in seen], url


def test_no_secret_is_in_a_dump_of_the_database(secrets: list[str]) -> None:
    """Security statement 6: every column of every table, as a dump would hold it; the key is not among them."""
    from django.conf import settings

    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')  # noqa: S608
            dump = str(cursor.fetchone()[0])
            hidden = [*secrets, *settings.FIELD_ENCRYPTION_KEYS]
            assert not [secret for secret in hidden if secret in dump], table
    keys = cache._cache.get_client()  # type: ignore[attr-defined]
    stored = b"".join(keys.get(key) or b"" for key in keys.keys("*token*"))
    assert not [secret for secret in secrets if secret.encode() in stored]


@pytest.fixture
def events() -> Iterator[list[EventDict]]:
    """What is logged; loggers are as they were afterwards, for tests that look at the text of the log."""
    before = structlog.get_config()
    structlog.reset_defaults()
    with capture_logs() as captured:
        yield captured
    structlog.configure(**before)


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_in_a_log_or_an_error(
    *,
    events: list[EventDict],
    secrets: list[str],
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    sandbox: SandboxProcess,
    change_org: ChangeOrg,
    admin: User,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Security statement 8: logs, errors, audit trail and Diagnostics, while everything goes wrong."""
    errors: list[str] = []
    caplog.set_level("DEBUG")
    for kind in ("status:503", "reset", "truncate", "token_revoked", "delay"):
        sandbox.post("/_sandbox/faults", {"path": "/(services|rest|identity)", "kind": kind, "count": 3})
        for call in (
            salesforce_client(salesforce_connection).organization,
            marketo_client(marketo_connection).usage_today,
        ):
            try:
                call()
            except ApiError as error:
                errors.append(f"{error!r} {error} {error.detail} {error.__cause__} {vars(error)}")
        sandbox.post("/_sandbox/faults/clear")
    change_org("ip_restricted")
    change_org("end_sessions")
    check_account(salesforce_connection.account)
    client_of(admin).post("/settings/admin/salesforce/disconnect/")
    assert errors
    seen = caplog.text + str(events) + str(errors)
    assert not [secret for secret in secrets if secret in seen]


def test_no_secret_is_an_argument_of_a_task() -> None:
    """
    Security statement 8: tasks take ids of rows; two are told an address, because nobody is looked up before it, one
    what was changed and one what was connected, both by a code.
    """
    app.loader.import_default_modules()
    jobs = [job for name, job in app.tasks.items() if not name.startswith("celery.")]
    assert len(jobs) > 12
    taking_text = {job.name for job in jobs if str in job.run.__annotations__.values()}
    assert taking_text == {
        "accounts.tasks.send_password_reset",
        "accounts.tasks.send_guess_notice",
        "accounts.tasks.send_sign_in_changed",
        "rights.tasks.check_new_connection",
    }


def test_the_secret_of_an_instance_is_not_part_of_its_text(instance: MarketoInstance) -> None:
    """Security statement 8: what a log or an error page shows of a row."""
    assert "sandbox-client-secret" not in repr(instance) + str(instance)
