"""A company leaves: all of it is exported, disconnected and erased, and nobody else loses anything."""

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.audit_chain import broken_entries
from accounts.models import AuditEvent, SalesAccount, User
from connections.models import MarketoAdmin, MarketoInstance, OrphanedToken, SalesforceConnection
from msi_admin.account_rows import account_tables, count_rows
from sandbox.testing import SandboxProcess
from sync.engine.partitions import SHARED, OwnPartition, all_partitions
from sync.engine.stage import all_tables
from sync.models import Person, SyncRun
from sync.statuses import RunStatus
from tests.addresses import ROOMS
from tests.factories import (
    MARKETO_CREDENTIALS,
    make_account,
    make_instance,
    make_marketo_admin,
    make_people,
    make_run,
    make_user,
)
from tests.upgrade.rows import fill

# What waits to be revoked, without saying whose it was.
OF_NOBODY = {"connections.OrphanedToken"}


@pytest.fixture
def leaving(db: None, sandbox: SandboxProcess) -> SalesAccount:
    """An account with rows in every table, whose tokens the sandbox does not know."""
    fill()
    SalesforceConnection.objects.update(login_origin=sandbox.url)
    OrphanedToken.objects.all().delete()
    return SalesAccount.objects.get()


def call(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


def offboard(account: SalesAccount, folder: Path, *arguments: str) -> dict[str, Any]:
    path = folder / "leaving.zip"
    call("offboard_account", "--account", account.slug, "--export", path, "--yes", *arguments)
    return dict(json.loads(path.with_suffix(".certificate.json").read_text()))


def everything() -> str:
    """Every value of every table, as text."""
    with connection.cursor() as cursor:
        tables = {*connection.introspection.table_names(cursor), "history_change"}
        texts = []
        for table in tables:
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')  # noqa: S608
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


def test_every_table_of_the_rooms_is_known() -> None:
    """A new table without a way to its account would be neither exported nor erased."""
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]
    assert {model._meta.label for model in models if model not in account_tables()} == OF_NOBODY


def test_nothing_of_the_company_is_left(leaving: SalesAccount, tmp_path: Path) -> None:
    make_people(make_account("Umbrella Ltd"), first_id=1001, email="person@umbrella.example")
    before = count_rows(leaving.pk)
    certificate = offboard(leaving, tmp_path)
    assert certificate["left"] == 0
    assert certificate["erased sync.Person"] == before["sync.Person"] == 8
    assert certificate["users_deleted"] == 2
    assert {f"erased {label}" for label in before} <= certificate.keys()
    left = everything()
    assert "umbrella.example" in left
    for text in (
        "customer.example",
        "Kund AB",
        "new@acme.example",
        "seller@acme.example",
        "Acme Inc",
        "sandbox-client",
    ):
        assert text not in left, text
    assert AuditEvent.objects.latest("pk").target == leaving.slug
    assert broken_entries() == []


def test_the_partition_of_a_large_company_is_dropped(account: SalesAccount, tmp_path: Path) -> None:
    assert OwnPartition(account.pk).make()
    make_people(account, 3)
    certificate = offboard(account, tmp_path)
    assert (certificate["erased sync.Person"], certificate["left"]) == (3, 0)
    assert all_partitions() == [SHARED]


def test_the_export_holds_everything_but_secrets(leaving: SalesAccount, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    lines = call("export_account", "--account", leaving.slug, "--to", path).splitlines()
    assert "sync.Person: 8" in lines
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    people = [json.loads(line) for line in files["sync.Person.jsonl"].splitlines()]
    assert {(person["first_name"], person["email"]) for person in people} == {("Åsa", "person@customer.example")}
    assert "Chair" in files["history.Change.jsonl"]
    whole = "\n".join(files.values())
    secret = User.objects.get(email="admin@acme.example").password
    for text in (secret, MARKETO_CREDENTIALS["client_secret"], "own-secret", "verifier", "PRIVATE KEY", "other@acme"):
        assert text not in whole, text
    assert AuditEvent.objects.for_account(leaving).latest("pk").action == "msi_admin.account_exported"
    with pytest.raises(CommandError, match="cannot be written"):
        call("export_account", "--account", leaving.slug, "--to", path)


def test_tokens_are_revoked_and_what_runs_is_stopped(
    account: SalesAccount, salesforce_connection: SalesforceConnection, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    for status in (RunStatus.EXTRACTING, RunStatus.HELD):
        run = make_run(account, status, has_leftovers=True, fields=["id"])
        for table in all_tables(run):
            table.create()
    certificate = offboard(account, tmp_path)
    assert (certificate["tokens_revoked"], certificate["tokens_to_be_revoked"]) == (1, 0)
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 0
    assert not SyncRun.objects.exists()
    assert [name for name in connection.introspection.table_names() if name.startswith("sync_stage_")] == []


def test_a_salesforce_that_does_not_answer_stops_nothing(
    account: SalesAccount, salesforce_connection: SalesforceConnection, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/revoke", "kind": "status:503", "count": 1})
    assert offboard(account, tmp_path)["tokens_to_be_revoked"] == 1
    assert OrphanedToken.objects.count() == 1
    assert not SalesAccount.objects.exists()


def test_whoever_was_only_an_admin_of_its_marketo_instance_goes(account: SalesAccount, tmp_path: Path) -> None:
    make_marketo_admin(make_instance(account=account), make_user("mia@acme.example").email)
    assert offboard(account, tmp_path)["users_deleted"] == 1
    assert not User.objects.exists()


def test_a_member_of_another_company_who_was_named_an_admin_notices_nothing(
    account: SalesAccount, stranger: User, tmp_path: Path
) -> None:
    make_marketo_admin(make_instance(account=account), stranger.email)
    SocialAccount.objects.create(user=stranger, provider="salesforce", uid="00D000000000009EAA/005000000000001AAA")
    assert offboard(account, tmp_path)["users_kept"] == 1
    assert SocialAccount.objects.get().user == stranger
    assert User.objects.get(pk=stranger.pk).sessions_ended == stranger.sessions_ended


def test_whoever_has_a_place_elsewhere_stays(account: SalesAccount, admin: User, member: User, tmp_path: Path) -> None:
    make_marketo_admin(make_instance("999-XYZ-999"), admin.email)
    make_marketo_admin(make_instance(account=account), member.email)
    SocialAccount.objects.create(user=admin, provider="salesforce", uid="00D000000000009EAA/005000000000001AAA")
    certificate = offboard(account, tmp_path)
    assert (certificate["users_deleted"], certificate["users_kept"]) == (1, 1)
    assert [user.email for user in User.objects.all()] == [admin.email]
    assert [instance.munchkin_id for instance in MarketoInstance.objects.all()] == ["999-XYZ-999"]
    assert MarketoAdmin.objects.count() == 1
    # Whoever rules over the Salesforce org of the company that left could log in as them.
    assert not SocialAccount.objects.exists()
    assert User.objects.get().sessions_ended == admin.sessions_ended + 1


def test_without_yes_nothing_is_changed(account: SalesAccount, tmp_path: Path) -> None:
    make_people(account, 3)
    said = call("offboard_account", "--account", account.slug, "--export", tmp_path / "x.zip")
    assert "sync.Person: 3" in said
    assert "Nothing was changed" in said
    assert Person.objects.count() == 3
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CommandError, match="There is no Sales account"):
        call("offboard_account", "--account", "nobody", "--export", tmp_path / "x.zip")


@pytest.mark.parametrize("name", ["leaving.zip", "leaving.certificate.json"])
def test_a_file_that_is_there_is_not_overwritten(account: SalesAccount, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("kept")
    with pytest.raises(CommandError, match="cannot be written"):
        offboard(account, tmp_path)
    assert SalesAccount.objects.exists()
