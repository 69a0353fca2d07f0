"""The database of every release, with rows in every table, becomes the newest one; and its pages open."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.audit_chain import broken_entries
from accounts.models import User
from sync.models import Person
from tests.addresses import EVERY_ADDRESS, ROOMS
from tests.signing_in import let_in
from tests.upgrade.rows import ADMIN

DUMPS = sorted(Path(__file__).parent.glob("*.sql"), key=lambda dump: [int(part) for part in dump.stem.split(".")])
# What the releases did not have yet.
SINCE_1_2_0 = {
    "accounts.AuditAnchor",
    "accounts.Occurrence",
    "connections.AdminReading",
    "history.ChangeDelay",
    "notifications.BellMark",
    "notifications.Channel",
    "notifications.Delivery",
    "salesforce_package.ActivityProof",
    "salesforce_package.PackageChange",
    "sync.Schedule",
}
SINCE_1_3_0 = {"api.ApiToken", "connections.OrgMove"}
NOT_YET = {
    "1.0.0": SINCE_1_2_0
    | SINCE_1_3_0
    | {
        "connections.SalesforceApp",
        "connections.SalesforceAppKey",
        "history.Change",
        "sync.HeldPerson",
        "sync.HoldLimit",
    },
    "1.1.0": SINCE_1_2_0 | SINCE_1_3_0,
    "1.2.0": SINCE_1_3_0,
}


@pytest.fixture
def restored(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[str]:
    """The connection leads to a database with the dump in it, not yet upgraded; answers the release."""
    usual = connection.settings_dict
    connection.close()
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS upgraded")
        server.execute("CREATE DATABASE upgraded")
    with psycopg.connect(settings.DATABASE_URL, dbname="upgraded", autocommit=True) as database:
        database.execute(request.param.read_bytes())
    connection.settings_dict = usual | {"NAME": "upgraded"}
    yield request.param.stem
    connection.close()
    connection.settings_dict = usual


@pytest.mark.parametrize("restored", DUMPS, ids=lambda dump: dump.stem, indirect=True)
def test_a_database_of_a_release_is_upgraded(restored: str) -> None:
    call_command("migrate", verbosity=0, skip_checks=False)
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]
    empty = {model._meta.label for model in models if not model._default_manager.exists()}
    assert empty - NOT_YET.get(restored, set()) <= {"accounts.User_groups", "accounts.User_user_permissions"}
    assert list(broken_entries()) == []
    assert Person.objects.live().search("asa ost").count() == 8
    if restored in {DUMPS[0].stem, DUMPS[-1].stem}:
        # Whatever comes between passes through the same migrations; opening all pages is most of the time.
        assert pages_that_fail(signed_in()) == {}


def signed_in() -> Client:
    """A browser of somebody who may open most pages."""
    admin = User.objects.get(email=ADMIN)
    User.objects.filter(pk=admin.pk).update(is_ops_staff=True)
    return let_in(Client(), admin)


def pages_that_fail(browser: Client) -> dict[str, int]:
    browser.raise_request_exception = False
    found = {address.path(): browser.get(address.path()).status_code for address in EVERY_ADDRESS}
    assert sum(status == 200 for status in found.values()) > 30
    return {path: status for path, status in found.items() if status >= 500 and path != "/readyz/workers"}


def test_there_is_a_dump_of_every_release() -> None:
    lines = Path(settings.BASE_DIR, "devtools/released_migrations.txt").read_text().splitlines()
    assert {line.partition(" ")[0] for line in lines} <= {dump.stem for dump in DUMPS}
