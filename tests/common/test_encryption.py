"""Keys of stored secrets come and go."""

import io

import pytest
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db.models import TextField, Value
from pytest_django import Settings

from common.encryption import encrypted_fields
from connections.models import OrphanedToken

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRETS = [f"secret-{number}" for number in range(3)]
COLUMN = "SELECT token FROM connections_orphanedtoken ORDER BY id"


def rotate() -> str:
    output = io.StringIO()
    call_command("rotate_encryption_keys", stdout=output)
    return output.getvalue()


def stored() -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(COLUMN)
        return [token for (token,) in cursor.fetchall()]


def readable() -> list[str]:
    return list(OrphanedToken.objects.order_by("pk").values_list("token", flat=True))


@pytest.fixture
def _written_with_the_old_key(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.encryption._BATCH", 2)
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    for secret in SECRETS:
        OrphanedToken.objects.create(login_origin="https://login.salesforce.com", token=secret)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]


@pytest.mark.usefixtures("_written_with_the_old_key")
def test_rotating_keys_leaves_the_old_one_without_use(settings: Settings) -> None:
    """Security statement 7: afterwards the old key can go, and with the new one alone no old backup can be read."""
    backup = stored()
    assert readable() == SECRETS  # the console goes on with both keys
    OrphanedToken.objects.create(login_origin="https://login.salesforce.com", token="written meanwhile")
    assert "connections.OrphanedToken.token: 3" in rotate()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert readable() == [*SECRETS, "written meanwhile"]
    for ciphertext in backup:
        with pytest.raises(InvalidToken):
            Fernet(NEW).decrypt(ciphertext)
    assert "connections.OrphanedToken.token: 0" in rotate()


def meanwhile(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """While a secret is encrypted anew, another process stores this text for the first one."""
    rotate_one = MultiFernet.rotate

    def rotate_and_be_overtaken(cipher: MultiFernet, text: bytes) -> bytes:
        first = OrphanedToken.objects.earliest("pk")
        OrphanedToken.objects.filter(pk=first.pk).update(token=Value(token, TextField()))
        return rotate_one(cipher, text)

    monkeypatch.setattr(MultiFernet, "rotate", rotate_and_be_overtaken)


@pytest.mark.usefixtures("_written_with_the_old_key")
def test_a_secret_that_changes_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 7: a token refreshed between reading and writing is kept."""
    meanwhile(monkeypatch, Fernet(NEW).encrypt(b"refreshed").decode())
    rotate()
    assert readable() == ["refreshed", *SECRETS[1:]]


@pytest.mark.usefixtures("_written_with_the_old_key")
def test_a_process_that_still_writes_with_the_old_key_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, Fernet(OLD).encrypt(b"too late").decode())
    with pytest.raises(CommandError, match="Restart every process"):
        rotate()


@pytest.mark.usefixtures("_written_with_the_old_key")
def test_a_secret_of_a_lost_key_is_named(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match=r"can read connections\.OrphanedToken\.token"):
        rotate()


def test_every_column_of_secrets_is_known() -> None:
    assert {str(field) for field in encrypted_fields()} >= {
        "connections.SalesforceConnection.access_token",
        "connections.SalesforceConnection.refresh_token",
        "connections.MarketoInstance.client_secret",
    }
