"""Pages do not wait for long for what somebody else holds in the database."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Thread, Timer

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.adapter import InvitedOnlyAdapter
from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.services import update_profile
from common.locks import WEB_SECONDS, is_held_by_others
from connections.models import MarketoAccess
from connections.orgs import OrgMove
from devtools.embedded.attach import Services
from rights.user_access import revoke_marketo_access
from sync.moves import end_move
from tests.conftest import ClientOf
from tests.factories import make_marketo_connection, make_member, make_run, with_password
from tests.pages import text_of
from tests.signing_in import sign_in

SHOW = """
import django
django.setup()
from django.db import connection
from msi_admin.serve import _leave_threads
_leave_threads(8)
with connection.cursor() as cursor:
    cursor.execute("SHOW lock_timeout")
    print(cursor.fetchone()[0])
"""


def test_web_processes_wait_for_seconds(servers: Services) -> None:
    """Security statement 15. Workers, who keep nobody waiting by it, wait as long as they must."""
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.split() == [f"{WEB_SECONDS}s"]


@pytest.mark.django_db(transaction=True)
def test_a_page_that_waited_says_so_and_changes_nothing(
    account: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    leaving, browser, pages = make_member(account), client_of(admin), list[str]()
    url = f"/settings/admin/users/{leaving.pk}/remove/"
    assert browser.get(url).status_code == 200

    def remove() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        answer = browser.post(url, {"receiver": admin.member.pk})
        pages.append(f"{answer.status_code} {answer['Retry-After']} {text_of(answer)}")
        connection.close()

    with transaction.atomic():
        SalesAccount.objects.select_for_update().get(pk=account.pk)
        waiting = Thread(target=remove)
        waiting.start()
        waiting.join(30)
    assert pages[0].startswith("503 60 ")
    assert "So this one has given up." in pages[0]
    assert Member.objects.filter(pk=leaving.pk).exists()


@pytest.mark.django_db
def test_another_trouble_of_the_database_is_none_of_these() -> None:
    assert not is_held_by_others(OperationalError("the connection is closed"))
    assert not is_held_by_others(ValueError())


@pytest.fixture
def held_trail(account: SalesAccount) -> Iterator[Callable[[], None]]:
    """As by a page that writes for long; answers how it ends."""
    place = connection.settings_dict
    with psycopg.connect(f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}") as other:
        other.execute("SELECT pg_advisory_xact_lock(19805, %s::int)", [account.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        yield other.rollback
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_password_whose_change_cannot_be_written_down_is_not_changed(
    admin: User, held_trail: Callable[[], None]
) -> None:
    """Security statement 43. It was, while the page said that nothing had been changed."""
    with pytest.raises(OperationalError):
        InvitedOnlyAdapter().set_password(admin, "another-Passw0rd")
    held_trail()
    assert not User.objects.get(pk=admin.pk).check_password("another-Passw0rd")


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_that_cannot_be_written_down_is_none(
    admin: User, client: Client, held_trail: Callable[[], None]
) -> None:
    """Security statement 43. allauth tells of it when it is done; of an answer of 500 or more no session is kept."""
    with_password(admin)
    assert sign_in(client, admin.email).status_code == 503
    assert client.get("/settings/people/").status_code == 302
    held_trail()
    assert not AuditEvent.objects.filter(action=AccountAction.SIGNED_IN).exists()
    assert sign_in(client, admin.email).status_code == 302
    assert client.get("/settings/people/").status_code == 200
    assert AuditEvent.objects.filter(actor=admin, action=AccountAction.SIGNED_IN).exists()


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_that_is_gone_is_written_down(admin: User, held_trail: Callable[[], None]) -> None:
    """Security statement 43: allauth tells of it when it is done, so the page waits."""
    factor = Authenticator.objects.create(user=admin, type=Authenticator.Type.TOTP, data={})
    end = Timer(0.5, held_trail)
    end.start()
    authenticator_removed.send(sender=Authenticator, request=None, user=admin, authenticator=factor)
    end.join()
    assert AuditEvent.objects.filter(actor=admin, action=AccountAction.SECOND_FACTOR_REMOVED).exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("50ms",)


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_written_down_is_not_done(
    account: SalesAccount, admin: User, held_trail: Callable[[], None]
) -> None:
    """Security statement 43: the page says that it is not."""
    connected = make_marketo_connection(account, owner=admin)
    access = MarketoAccess.objects.create(connection=connected, member=admin.member, workspace_id=1)
    move = OrgMove.objects.create(account=account, org_id="00D", is_sandbox=False, moved_at=timezone.now())
    make_run(account)
    with pytest.raises(OperationalError):
        update_profile(user=admin, name="Somebody Else", language="sv", time_zone="UTC")
    with pytest.raises(OperationalError):
        revoke_marketo_access(account=account, by=admin, access_id=access.pk)
    with pytest.raises(OperationalError):
        end_move(move, by=admin)
    held_trail()
    assert User.objects.get(pk=admin.pk).name == admin.name
    assert MarketoAccess.objects.filter(pk=access.pk).exists()
    assert OrgMove.objects.under_way().filter(pk=move.pk).exists()
