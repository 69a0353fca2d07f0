"""No address of the console forgets to ask who is there; new ones are found by themselves."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import Member, SalesAccount, Team, User
from connections.models import ApiFailure, MarketoAccess, MarketoConnection
from invitations.models import CsvUpload
from sync.models import RunStatus, SyncRun
from tests.conftest import ClientOf
from tests.factories import make_run, make_team, make_user

ROOMS = {"guide", "accounts", "connections", "sync", "invitations"}
# Anybody may: see an invitation they hold the link of, and change the language.
OPEN_TO_ALL = {"/invitations/1/", "/language/", "/help/1/"}
# A signed-in person without an account may also see their profile and be told what is missing.
OPEN_TO_PEOPLE_WITHOUT_ACCOUNT = {"/", "/settings/profile/", *OPEN_TO_ALL}

# What each is for beyond that; everything else is refused. A name ending in "/" stands for all below it too.
USER_PAGES = ["/settings/people/", "/settings/salesforce/", "/connections/salesforce/callback/"]
MAY_OPEN = {
    "member": USER_PAGES,
    "salesforce_admin": [
        "/settings/salesforce/",
        "/connections/salesforce/callback/",
        "/settings/admin/salesforce/",
        "/settings/admin/salesforce-package/",
        "/settings/integrations/",
    ],
    "admin": [*USER_PAGES, "/settings/", "/ops/sync/", "/ask-a-salesforce-admin/"],
    "marketo_admin": ["/marketo/", "/ops/sync/"],
    "ops": ["/ops/sync/"],
}
# Its form is for members, and looks at what they ask about.
BY_SUBJECT = "/settings/integrations/help-link/"


def patterns() -> Iterator[URLPattern]:
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace in ROOMS:
            yield from (pattern for pattern in entry.url_patterns if isinstance(pattern, URLPattern))


def address_of(pattern: URLPattern, key: str = "1") -> str:
    parts = str(pattern.pattern).split("/")
    return "/" + "/".join(key if part.startswith("<") else part for part in parts)


ADDRESSES = sorted({address_of(pattern) for pattern in patterns()})


def test_all_rooms_are_looked_at() -> None:
    assert len(ADDRESSES) > 35


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address not in OPEN_TO_ALL])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_anonymous_people_are_asked_to_sign_in(client: Client, method: str, address: str) -> None:
    answer = getattr(client, method)(address)
    if answer.status_code != 405:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a not in OPEN_TO_PEOPLE_WITHOUT_ACCOUNT])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_people_without_an_account_find_nothing(client_of: ClientOf, method: str, address: str) -> None:
    answer = getattr(client_of(make_user("nobody@nowhere.example")), method)(address)
    assert answer.status_code in {404, 405}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/settings/people/?q=a%00b", "/settings/admin/users/?q=%00", "/invitations/a%00b/"]
)
def test_a_nul_byte_in_an_address_is_refused(client_of: ClientOf, member: User, address: str) -> None:
    answer = client_of(member).get(address)
    assert answer.status_code == 400
    assert "That request could not be read" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", MAY_OPEN)
def test_every_role_is_refused_what_it_is_not_for(
    request: pytest.FixtureRequest, client_of: ClientOf, role: str, method: str
) -> None:
    """Security statement 33: each role and each address; what is not named here is refused."""
    browser = client_of(request.getfixturevalue(role))
    closed = [address for address in ADDRESSES if not may_open(role, address) and address != BY_SUBJECT]
    codes = {address: getattr(browser, method)(address).status_code for address in closed}
    assert len(closed) > 10
    assert {address: code for address, code in codes.items() if code not in {403, 404, 405}} == {}


@pytest.mark.parametrize("role", MAY_OPEN)
def test_every_role_opens_what_it_is_for(request: pytest.FixtureRequest, client_of: ClientOf, role: str) -> None:
    """Security statement 33: a matrix that refused everything would be no proof."""
    browser = client_of(request.getfixturevalue(role))
    codes = {address: browser.get(address).status_code for address in ADDRESSES if may_open(role, address)}
    assert {address for address, code in codes.items() if code == 403} == set()
    assert sum(code == 200 for code in codes.values()) >= 3


def may_open(role: str, address: str) -> bool:
    return address in OPEN_TO_PEOPLE_WITHOUT_ACCOUNT or address.startswith(tuple(MAY_OPEN[role]))


# Part of the address, but the key of no row of an account.
NO_KEYS = {"accept", "help", "ask", "tick_item"}


@pytest.fixture
def ours(account: SalesAccount, admin: User, member: User) -> dict[str, int]:
    """Keys of an account's rows, by the name of the address that takes them."""
    run = make_run(account, RunStatus.PLANNING)
    team = make_team(account)
    upload = CsvUpload.objects.create(account=account, uploaded_by=admin, text="a@b.example")
    failure = ApiFailure.objects.create(account=account, service="marketo", code="610", last_seen_at=timezone.now())
    connection = MarketoConnection.objects.create(account=account, owner=admin, munchkin_id="123-ABC-456")
    access = MarketoAccess.objects.create(connection=connection, member=member.member, workspace_id=1)
    return {
        **dict.fromkeys(["team", "team_rename", "team_add", "team_remove", "team_delete"], team.pk),
        **dict.fromkeys(["run", "cancel_run", "pause_run", "resume_run", "sync_again", "rejected_rows"], run.pk),
        **dict.fromkeys(["csv_mapping", "csv_report"], upload.pk),
        "remove": member.member.pk,
        "retry_failure": failure.pk,
        "remove_marketo_access": access.pk,
    }


def test_no_key_opens_a_row_of_another_account(ours: dict[str, int], stranger: User, client_of: ClientOf) -> None:
    """Security statement 34: two tenants, every address with a key; a new one must be named here."""
    keyed = {pattern.name: pattern for pattern in patterns() if "<" in str(pattern.pattern)}
    assert set(ours) == set(keyed) - NO_KEYS
    browser = client_of(stranger)
    before = everything()
    for name, key in ours.items():
        address = address_of(keyed[name], str(key))
        codes = [browser.get(address).status_code, browser.post(address, {"name": "Taken"}).status_code]
        # Taking away an access that is not theirs does nothing, whoever's it is.
        assert set(codes) <= ({302, 405} if name == "remove_marketo_access" else {404, 405}), name
    assert everything() == before


def everything() -> list[object]:
    models = (SyncRun, Team, CsvUpload, ApiFailure, MarketoAccess, Member)
    return [list(model._default_manager.order_by("pk").values()) for model in models]
