"""Second factors and sessions at rest: nobody signs in with what a copy of the database holds."""

from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore as SignedSessionStore
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from accounts.second_factors import reset_second_factors
from accounts.services import RefusedError
from accounts.sessions import SessionStore
from tests.accounts.authenticator import ACTIVATE, add_second_factor, code_of
from tests.conftest import ClientOf
from tests.factories import make_member, with_password
from tests.invitations.user_management import USERS
from tests.pages import text_of
from tests.signing_in import sign_in

CODE = "/accounts/2fa/authenticate/"
PROFILE = "/settings/profile/"
TOTP, RECOVERY_CODES = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES


@pytest.fixture
def nora(admin: User, client_of: ClientOf, settings: Settings) -> User:
    """Somebody with an authenticator app and recovery codes."""
    settings.MFA_TOTP_TOLERANCE = 1
    browser = client_of(with_password(admin))
    add_second_factor(browser)
    assert browser.get("/accounts/2fa/recovery-codes/").status_code == 200
    return admin


def data_of(kind: str) -> dict[str, Any]:
    data: dict[str, Any] = Authenticator.objects.get(type=kind).data
    return data


def codes() -> list[str]:
    found: list[str] = RecoveryCodes(Authenticator.objects.get(type=RECOVERY_CODES)).get_unused_codes()
    return found


def test_the_page_of_codes_says_what_they_are_for_and_does_not_offer_to_end_them_first(
    nora: User, client_of: ClientOf
) -> None:
    """Two blue buttons touched each other; the second made worthless what one had come for."""
    page = text_of(client_of(nora).get("/accounts/2fa/recovery-codes/"))
    assert "Each signs you in once." in page
    assert all(code in page for code in codes())
    (blue,) = (part.split(">")[0] for part in page.split("btn-primary")[1:])
    assert "/accounts/2fa/recovery-codes/download/" in blue
    assert page.index("Generate new codes") > page.index(f'href="{PROFILE}">Done')


def is_let_in_with(nora: User, code: str) -> bool:
    browser = Client()
    sign_in(browser, nora.email)
    browser.post(CODE, {"code": code})
    return browser.get(PROFILE).status_code == 200


def test_a_sign_in_that_waits_for_its_code_ends_with_a_new_password(nora: User) -> None:
    """Security statement 35: whoever knew the old one does not get in with it, whatever code they have."""
    browser = Client()
    sign_in(browser, nora.email)
    nora.set_password("N3w-Passw0rd!")
    nora.save()
    browser.post(CODE, {"code": codes()[0]})
    assert browser.get(PROFILE).status_code == 302


def test_whose_second_factor_was_taken_away_meanwhile_can_begin_anew(nora: User) -> None:
    """Or the page for the code and the one for the password would lead to each other for a quarter of an hour."""
    browser = Client()
    sign_in(browser, nora.email)
    assert browser.get(CODE).status_code == 200
    reset_second_factors(user=nora, reset_by=None)
    assert browser.get(CODE, follow=True).redirect_chain == [("/accounts/login/", 302)]
    sign_in(browser, with_password(nora).email)
    assert browser.get(PROFILE).status_code == 200


def test_a_copy_of_the_database_holds_no_second_factor(nora: User) -> None:
    """Security statement 6: neither the app's secret nor the seed of the recovery codes."""
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert data_of(TOTP)["secret"].startswith("gAAAA")
    assert data_of(RECOVERY_CODES)["seed"].startswith("gAAAA")
    assert not [code for code in codes() if code in stored]
    assert is_let_in_with(nora, codes()[0])
    assert not is_let_in_with(nora, "00000000")


def test_nor_does_a_session_in_which_one_is_set_up(client_of: ClientOf, member: User) -> None:
    """Security statement 6: until the first code is typed the secret waits there."""
    browser = client_of(member)
    browser.get(ACTIVATE)
    secret = browser.session["mfa.totp.secret"]
    stored = "".join(Session.objects.values_list("session_data", flat=True))
    assert secret not in stored
    signed = SignedSessionStore()
    assert [signed.decode(session.session_data) for session in Session.objects.all()] == [{}]


def test_a_session_of_the_release_before_goes_on(client_of: ClientOf, member: User) -> None:
    browser = client_of(member)
    session = Session.objects.get()
    session.session_data = SignedSessionStore().encode(SessionStore().decode(session.session_data))
    session.save()
    assert browser.get(PROFILE).status_code == 200


def test_keys_are_rotated_there_too(nora: User, settings: Settings) -> None:
    """Security statement 7: the old key can go then. What an older process wrote in clear is encrypted as well."""
    kept = codes()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    Authenticator.objects.filter(type=TOTP).update(data={"secret": secret})
    call_command("rotate_encryption_keys", verbosity=0)
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert codes() == kept
    assert is_let_in_with(nora, code_of(secret))


def test_what_stood_there_in_clear_is_encrypted_by_the_upgrade(nora: User) -> None:
    """Security statement 6: and put back for whoever goes back."""
    clear = [
        (TOTP, {"secret": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"}),
        (RECOVERY_CODES, {"migrated_codes": ["one-two"], "used_mask": 0}),
    ]
    for kind, data in clear:
        Authenticator.objects.filter(type=kind).update(data=data)
    migration = import_module("accounts.migrations.0005_encrypt_second_factors")
    migration.encrypt_secrets(apps, None)
    assert "ABCDEFG" not in str(data_of(TOTP))
    assert codes() == ["one-two"]
    assert is_let_in_with(nora, code_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    migration.decrypt_secrets(apps, None)
    assert [(kind, data_of(kind)) for kind, _ in clear] == clear


class TestLost:
    """The way back for somebody who has lost them, and why it is none for others."""

    @pytest.fixture
    def lost_by(self, account: SalesAccount, client_of: ClientOf, settings: Settings) -> User:
        """A second admin, whose app is gone; the recovery codes were never written down."""
        settings.MFA_TOTP_TOLERANCE = 1
        otto = with_password(make_member(account, "otto@acme.example", Role.ADMIN).user)
        add_second_factor(client_of(otto))
        return otto

    @pytest.mark.usefixtures("tasks_run_at_once")
    def test_an_admin_takes_them_away_and_the_mailbox_proves_who_signs_in(
        self, browser: Client, lost_by: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        address = f"/settings/admin/users/{lost_by.member.pk}/second-factors/"
        users = text_of(browser.get(USERS))
        (menu,) = (part for part in users.split('<div class="menu__pop">') if address in part.split("</div>")[0])
        assert "Reset two-factor sign-in" in menu
        assert users.count('<span class="mini">Two-factor</span>') == 1
        assert "make sure that it is this person" in text_of(browser.get(address))
        assert Authenticator.objects.filter(user=lost_by).exists()
        with django_capture_on_commit_callbacks(execute=True):
            assert "says how to sign in anew" in text_of(browser.post(address, follow=True))
        assert not Authenticator.objects.filter(user=lost_by).exists()
        told = mail.outbox[-1]
        assert (told.to, told.subject) == ([lost_by.email], "Your second factors were removed")
        assert AuditEvent.objects.latest("pk").action == AccountAction.SECOND_FACTORS_RESET
        thief = Client()
        assert sign_in(thief, lost_by.email).status_code == 200, "the password that was known is none any more"
        Client().post("/accounts/password/reset/", {"email": lost_by.email})
        assert "/accounts/password/reset/key/" in str(mail.outbox[-1].body)
        assert mail.outbox[-1].to == [lost_by.email]

    def test_every_session_ends(self, browser: Client, client_of: ClientOf, lost_by: User) -> None:
        theirs = client_of(lost_by)
        assert theirs.get(PROFILE).status_code == 200
        browser.post(f"/settings/admin/users/{lost_by.member.pk}/second-factors/")
        assert theirs.get(PROFILE).status_code == 302

    def test_nobody_takes_their_own_away_without_a_code(self, nora: User, client_of: ClientOf) -> None:
        """Whoever sits down at an admin's open browser."""
        page = client_of(nora).post(f"/settings/admin/users/{nora.member.pk}/second-factors/", follow=True)
        assert "with one of their codes" in text_of(page)
        assert Authenticator.objects.filter(user=nora).count() == 2

    def test_the_operator_is_the_last_resort(self, lost_by: User, member: User) -> None:
        call_command("reset_second_factors", "OTTO@acme.example", stdout=StringIO())
        assert not Authenticator.objects.filter(user=lost_by).exists()
        for nobody in ("unknown@acme.example", member.email):
            with pytest.raises(CommandError):
                call_command("reset_second_factors", nobody)


def test_whose_key_is_gone_opens_nothing_and_is_made_anew(nora: User, client_of: ClientOf, settings: Settings) -> None:
    """Security statement 6: no code is right by chance, least of all one that an empty secret would give."""
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert not set(codes()) & set(codes())
    browser = client_of(nora)
    assert browser.get("/accounts/2fa/").status_code == 200
    assert browser.get("/accounts/2fa/recovery-codes/").status_code == 200
    browser.post("/accounts/2fa/recovery-codes/generate/")
    assert codes() == codes()


def test_what_an_old_process_wrote_in_clear_lets_in(nora: User) -> None:
    """Somebody who set up an app while the console was upgraded is not locked out until the keys are rotated."""
    secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    Authenticator.objects.filter(type=TOTP).update(data={"secret": secret})
    assert is_let_in_with(nora, code_of(secret))


def test_an_admin_of_one_company_resets_nobody_of_the_operator(nora: User, member: User) -> None:
    User.objects.filter(pk=nora.pk).update(is_ops_staff=True)
    with pytest.raises(RefusedError, match="operator"):
        reset_second_factors(user=User.objects.get(pk=nora.pk), reset_by=member)
    assert Authenticator.objects.filter(user=nora).exists()
