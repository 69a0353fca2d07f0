"""Standing people, their account, and the sandbox that answers as Marketo and Salesforce."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import SalesAccount, User
from accounts.permissions import Role
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from devtools.embedded.redis import start_redis
from msi_admin.celery import app
from sandbox.testing import SandboxProcess
from tests.factories import (
    make_account,
    make_instance,
    make_marketo_admin,
    make_marketo_connection,
    make_member,
    make_user,
)
from tests.mail_server import MailServer
from tests.salesforce_sign_in import connect_salesforce
from tests.signing_in import let_in
from tests.sync.processes import Server, kill

ClientOf = Callable[[User], Client]
RefuseMails = Callable[..., None]


@pytest.fixture
def account(db: None) -> SalesAccount:
    return make_account()


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
    return make_member(make_account("Umbrella Ltd"), "admin@umbrella.example", Role.ADMIN).user


@pytest.fixture
def ops(db: None) -> User:
    user = make_user("ops@console.example")
    user.is_ops_staff = True
    user.save()
    return user


@pytest.fixture
def instance(db: None, sandbox: SandboxProcess) -> MarketoInstance:
    """A registered Marketo instance without a Sales account, answered by the sandbox."""
    return make_instance(endpoint=sandbox.url)


@pytest.fixture
def linked_instance(instance: MarketoInstance, account: SalesAccount) -> MarketoInstance:
    """The Marketo instance the Sales account was set up from."""
    instance.account = account
    instance.save()
    return instance


@pytest.fixture
def marketo_connection(linked_instance: MarketoInstance, account: SalesAccount, admin: User) -> MarketoConnection:
    """The account's connection, of its admin, to the sandbox."""
    return make_marketo_connection(account, owner=admin, endpoint=linked_instance.endpoint)


@pytest.fixture
def salesforce_connection(account: SalesAccount, admin: User, sandbox: SandboxProcess) -> SalesforceConnection:
    """The account's connection, of its admin, to the sandbox: its tokens work."""
    return connect_salesforce(sandbox, account, admin)


@pytest.fixture
def marketo_admin(instance: MarketoInstance) -> User:
    """An admin of the Marketo instance who is no member of a Sales account."""
    user = make_user("marketo-admin@demo.example", "Mia Holm")
    make_marketo_admin(instance, user.email)
    return user


@pytest.fixture
def client_of() -> ClientOf:
    """A browser of a person who has just signed in with a password."""
    return lambda user: let_in(Client(), user)


@pytest.fixture
def browser(admin: User, client_of: ClientOf) -> Client:
    """The browser of an admin of the account; a room that is for somebody else has its own."""
    return client_of(admin)


@pytest.fixture
def refuse_mails(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> RefuseMails:
    """Let the mail server answer with an error, so many times; with None it takes mails again."""
    settings.EMAIL_BACKEND = f"{MailServer.__module__}.{MailServer.__name__}"

    def refuse(error: Exception | None, times: int = 1_000) -> None:
        monkeypatch.setattr(MailServer, "refusal", error)
        monkeypatch.setattr(MailServer, "refusals", times)

    return refuse


@pytest.fixture
def tasks_run_at_once() -> Iterator[None]:
    """Background jobs are done where they are queued."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the unprivileged user of PostgreSQL can enter, with a name short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="msi-kill-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own_redis(open_folder: Path) -> Iterator[Server]:
    """The workers' Redis, to be killed; the other tests' one must live on."""
    server = Server(lambda: start_redis(open_folder)[0])
    yield server
    kill(server.process)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxProcess]:
    """One sandbox for all tests: it starts slower than it is put back."""
    with SandboxProcess.start(people=300) as process:
        yield process


# Here, so that the rooms that borrow fixtures of `tests.sync` start neither of these again.
@pytest.fixture(scope="session")
def short_sandbox() -> Iterator[SandboxProcess]:
    """People who came within two windows: what a run costs grows with them."""
    with SandboxProcess.start(people=300, days=45) as process:
        yield process


@pytest.fixture(scope="session")
def large_sandbox() -> Iterator[SandboxProcess]:
    """Large enough for files of several pieces; tests that need them take it for their `running_sandbox`."""
    with SandboxProcess.start(company="tidy", people=6000) as process:
        yield process


# What names and counts people as a young company would have them.
YOUNG = {
    "first_ids_gone": 0,
    "ids_jump": False,
    "api_partitions": "",
    "linkedin_field": "linkedInProfileURL",
    "other_admin_roles": False,
}


@pytest.fixture
def young_company(sandbox: SandboxProcess) -> None:
    """Ids from 1 on without a gap, Marketo's own field for LinkedIn, one kind of admin: for tests that name these."""
    sandbox.post("/_sandbox/switches", YOUNG)


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess, settings: Settings) -> SandboxProcess:
    """The sandbox as it is at its start, which the console may call."""
    running_sandbox.reset()
    settings.SANDBOX_ORIGIN = running_sandbox.url
    return running_sandbox
