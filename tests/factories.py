"""Objects for tests: each function makes a valid one with next to no arguments; others go by their names."""

from itertools import count
from typing import Any

from django.utils import timezone

from accounts import services as accounts
from accounts.models import Member, SalesAccount, Team, User
from accounts.permissions import Role
from connections.models import MarketoAdmin, MarketoConnection, MarketoInstance, SalesforceApp, SalesforceConnection
from connections.orgs import CopiedOrg
from invitations.models import LIFETIME, CsvUpload, Invitation
from sync.models import Cursor, Extract, Person, Source, SyncRun
from sync.statuses import UNFINISHED, RunStatus

PASSWORD = "Demo-Passw0rd!"
MUNCHKIN_ID = "123-ABC-456"
# What the sandbox takes for the credentials of its Marketo.
MARKETO_CREDENTIALS = {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}
_NUMBERS = count(1)


def make_user(email: str = "", name: str = "", password: str | None = None) -> User:
    """Somebody in no Sales account; without a password, which takes long to hash, unless one is given."""
    return accounts.create_verified_user(email=email or new_email(), password=password, name=name, language="en")


def new_email() -> str:
    return f"somebody{next(_NUMBERS)}@acme.example"


def with_password(user: User) -> User:
    """Let somebody sign in by PASSWORD."""
    user.set_password(PASSWORD)
    user.save()
    return user


def make_account(name: str = "Acme Inc") -> SalesAccount:
    return accounts.create_account(name=name)


def make_member(account: SalesAccount | None = None, email: str = "", role: Role = Role.USER) -> Member:
    return accounts.add_member(account=account or make_account(), user=make_user(email), role=role, teams=[])


def admin_of(account: SalesAccount) -> User:
    """The admin an account began with; it gets one if it has none."""
    return account.original_user or make_member(account, role=Role.ADMIN).user


def make_team(account: SalesAccount | None = None, name: str = "North") -> Team:
    return Team.objects.create(account=account or make_account(), name=name)


def make_instance(munchkin_id: str = MUNCHKIN_ID, **fields: Any) -> MarketoInstance:
    """A registered Marketo instance of no Sales account."""
    values = {"name": "Acme Inc", "endpoint": f"https://{munchkin_id.lower()}.mktorest.com", **MARKETO_CREDENTIALS}
    return MarketoInstance.objects.create(munchkin_id=munchkin_id, **{**values, **fields})


def make_marketo_admin(instance: MarketoInstance | None = None, email: str = "", **fields: Any) -> MarketoAdmin:
    """An admin as Marketo names them; whether they have a user is another question."""
    return MarketoAdmin.objects.create(instance=instance or make_instance(), email=email or new_email(), **fields)


def make_marketo_connection(account: SalesAccount | None = None, **fields: Any) -> MarketoConnection:
    account = account or make_account()
    endpoint = f"https://{MUNCHKIN_ID.lower()}.mktorest.com"
    values = {"munchkin_id": MUNCHKIN_ID, "endpoint": endpoint, **MARKETO_CREDENTIALS, **fields}
    owner = values.pop("owner", None) or admin_of(account)
    return MarketoConnection.objects.create(account=account, owner=owner, **values)


def make_salesforce_connection(account: SalesAccount | None = None, **fields: Any) -> SalesforceConnection:
    """The account's connection to an org that does not exist, or with `member` that member's own."""
    account = account or make_account()
    values = {
        "login_origin": "https://login.salesforce.com",
        "instance_url": "https://acme.my.salesforce.com",
        "org_id": "00D000000000001AAA",
        "org_name": "Acme Inc",
        "is_sandbox": False,
        "user_id": "005000000000001AAA",
        "username": "admin@acme.example",
        "email": "admin@acme.example",
        "scopes": "api refresh_token",
        "access_token": "token",
        "refresh_token": "token",
        **fields,
    }
    connected_by = values.pop("connected_by", None) or admin_of(account)
    if not values.get("member"):
        org = {name: values[name] for name in ("org_id", "org_name")}
        CopiedOrg.objects.update_or_create(account=account, defaults=org)
    return SalesforceConnection.objects.create(account=account, connected_by=connected_by, **values)


def make_salesforce_app(account: SalesAccount | None = None, **fields: Any) -> SalesforceApp:
    """An external client app of the account's production org."""
    values = {
        "org_origin": "https://login.salesforce.com",
        "name": "Our console",
        "client_id": "own-key",
        "client_secret": "own-secret",
        **fields,
    }
    return SalesforceApp.objects.create(account=account or make_account(), **values)


def make_invitation(account: SalesAccount | None = None, email: str = "", **fields: Any) -> Invitation:
    """An invitation whose mail is not sent yet."""
    values = {"expires_at": timezone.now() + LIFETIME, **fields}
    return Invitation.objects.create(account=account or make_account(), email=email or new_email(), **values)


def make_upload(uploaded_by: User | None = None, text: str = "a@b.example") -> CsvUpload:
    """A file that waits to be confirmed by the member who uploaded it."""
    uploaded_by = uploaded_by or make_member(role=Role.ADMIN).user
    return CsvUpload.objects.create(account=uploaded_by.member.account, uploaded_by=uploaded_by, data=text.encode())


def make_run(account: SalesAccount | None = None, status: RunStatus = RunStatus.SUCCEEDED, **fields: Any) -> SyncRun:
    ended = None if status in UNFINISHED else timezone.now()
    values = {"account": account or make_account(), "status": status, "finished_at": ended, **fields}
    return SyncRun.objects.create(**values)


def make_extract(run: SyncRun | None = None, source: Source = Source.MARKETO_PEOPLE, **fields: Any) -> Extract:
    return Extract.objects.create(run=run or make_run(status=RunStatus.EXTRACTING), source=source, **fields)


def make_cursor(account: SalesAccount | None = None, stream: Source = Source.SALESFORCE_CHANGES) -> Cursor:
    """The account's changes have been followed until now in one stream."""
    return Cursor.objects.create(account=account or make_account(), stream=stream, since=timezone.now())


def make_people(account: SalesAccount | None = None, count: int = 1, first_id: int = 1, **fields: Any) -> list[Person]:
    """People of the copy with Marketo ids from `first_id` on; leads that a sales user owns."""
    now = timezone.now()
    values = {
        "salesforce_type": "Lead",
        "owner_id": "005x",
        "changed_at": now,
        **fields,
        "account": account or make_account(),
    }
    numbers = range(first_id, first_id + count)
    return Person.objects.bulk_create(Person(marketo_id=number, **values) for number in numbers)
