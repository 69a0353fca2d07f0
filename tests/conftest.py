"""Standing people, their account, and the sandbox that answers as Marketo and Salesforce."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import Member, SalesAccount, User
from accounts.permissions import Role
from connections.models import MarketoAdmin, MarketoInstance
from tests.sandbox_process import SandboxProcess

PASSWORD = "Demo-Passw0rd!"
ClientOf = Callable[[User], Client]


def make_user(email: str, name: str = "") -> User:
    return accounts.create_verified_user(email=email, password=None, name=name, language="en")


def make_member(account: SalesAccount, email: str, role: Role) -> Member:
    return accounts.add_member(account=account, user=make_user(email), role=role, teams=[])


@pytest.fixture
def account(db: None) -> SalesAccount:
    return accounts.create_account(name="Acme Inc")


@pytest.fixture
def admin(account: SalesAccount) -> User:
    return make_member(account, "admin@acme.example", Role.ADMIN).user


@pytest.fixture
def member(account: SalesAccount) -> User:
    """A member with the role User."""
    return make_member(account, "seller@acme.example", Role.USER).user


@pytest.fixture
def salesforce_admin(account: SalesAccount) -> User:
    return make_member(account, "crm@acme.example", Role.SALESFORCE_ADMIN).user


@pytest.fixture
def stranger(db: None) -> User:
    """An admin of another Sales account."""
    other = accounts.create_account(name="Umbrella Ltd")
    return make_member(other, "admin@umbrella.example", Role.ADMIN).user


@pytest.fixture
def ops(db: None) -> User:
    user = make_user("ops@console.example")
    user.is_ops_staff = True
    user.save()
    return user


@pytest.fixture
def instance(db: None, sandbox: SandboxProcess) -> MarketoInstance:
    """A registered Marketo instance without a Sales account, answered by the sandbox."""
    return MarketoInstance.objects.create(
        munchkin_id="123-ABC-456",
        name="Acme Inc",
        endpoint=sandbox.url,
        client_id="sandbox-client-id",
        client_secret="sandbox-client-secret",
    )


@pytest.fixture
def marketo_admin(instance: MarketoInstance) -> User:
    """An admin of the Marketo instance who is no member of a Sales account."""
    user = make_user("marketo-admin@demo.example", "Mia Holm")
    MarketoAdmin.objects.create(instance=instance, email=user.email)
    return user


@pytest.fixture
def client_of() -> ClientOf:
    """A browser of a person who has just signed in with a password."""

    def client(user: User) -> Client:
        browser = Client()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = browser.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": user.email}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        return browser

    return client


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxProcess]:
    """One sandbox for all tests: it starts slower than it is put back."""
    with SandboxProcess.start(people=300) as process:
        yield process


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess, settings: Settings) -> SandboxProcess:
    """The sandbox as it is at its start, which the console may call."""
    running_sandbox.reset()
    settings.SANDBOX_ORIGIN = running_sandbox.url
    return running_sandbox
