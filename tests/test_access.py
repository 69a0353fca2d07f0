"""
Who may open what: every address of the rooms, every role, strangers, and whoever is not signed in.

Strangers find nothing (404), members without the role are refused (403), and no refusal changes anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import resolve

from accounts.models import SalesAccount, User
from accounts.permissions import NEEDS_FRESH_SIGN_IN
from api.scopes import Scope
from api.tokens import Owner, make_token
from clients.http import AccessDenied
from connections.models import ApiFailure, MarketoAccess, MarketoConnection, MarketoInstance, SalesforceConnection
from connections.services.call_log import record_failure
from diagnostics.help_links import make_help_link
from invitations.tokens import hash_token
from msi_admin import errors, middleware
from notifications.audiences import mail_of
from notifications.models import Channel, ChannelKind
from salesforce_apps.keys import make_key
from sync.statuses import RunStatus
from tests.access_table import ALSO_ASKED, TABLE
from tests.addresses import EVERY_ADDRESS, ROOMS
from tests.conftest import ClientOf
from tests.factories import (
    make_invitation,
    make_marketo_admin,
    make_run,
    make_salesforce_app,
    make_team,
    make_upload,
    make_user,
    with_password,
)
from tests.signing_in import let_in, let_sign_in_age

PEOPLE = ("anonymous", "nobody", "stranger", "member", "salesforce_admin", "admin", "marketo_admin", "ops", "superuser")
Cells = dict[tuple[str, str], dict[str, str]]


def read(table: str) -> Cells:
    """{(method, route): {person: answer}}"""
    rows = [line.split() for line in table.splitlines() if line.startswith(("get ", "post "))]
    cells = {(method, route): dict(zip(PEOPLE, row, strict=True)) for method, route, *row in rows}
    assert len(cells) == len(rows), "an address stands twice"
    return cells


ACCESS = read(TABLE)
REFUSALS = {"login", "401", "403", "404", "405", "nothing"}
# For everybody: an invitation and a request for help by whoever holds the link, and the choice of a language.
OPEN_TO_ALL = {"/invitations/<str:token>/", "/help/<str:token>/", "/language/"}
OPEN_TO_PEOPLE_WITHOUT_ACCOUNT = {"/", "/settings/profile/", *OPEN_TO_ALL}
# Addresses with a key that is the key of no account's row.
WITHOUT_ROW = {
    "/ask-a-salesforce-admin/<int:step>/",
    "/settings/admin/salesforce-package/items/<slug:key>/",
    "/settings/people/<int:marketo_id>/",
    "/invitations/<str:token>/",
    "/help/<str:token>/",
    "/ops/operators/api-tokens/<int:pk>/revoke/",
}
# Pages about connections, with 1 for every key, for tests that open each of them.
PAGES_OF_CONNECTIONS = [
    ("get", address.path())
    for address in EVERY_ADDRESS
    if address.room in {"connections", "diagnostics", "salesforce_package"}
    and set(ACCESS.get(("get", address.route), {}).values()) - REFUSALS
]


class TestTable:
    """What the table itself must keep to, whatever is added to it."""

    def test_all_rooms_are_looked_at(self) -> None:
        assert {address.room for address in EVERY_ADDRESS} >= ROOMS
        routes = {address.route for address in EVERY_ADDRESS if address.room in ROOMS}
        assert len(routes) > 65
        assert set(ACCESS) == {(method, route) for method in ("get", "post") for route in routes}

    def test_anonymous_people_are_asked_to_sign_in(self) -> None:
        answers = {cells["anonymous"] for (_, route), cells in ACCESS.items() if route not in OPEN_TO_ALL}
        assert answers <= {"login", "405"}

    def test_people_without_an_account_find_nothing(self) -> None:
        closed = [cells for (_, route), cells in ACCESS.items() if route not in OPEN_TO_PEOPLE_WITHOUT_ACCOUNT]
        assert {cells["nobody"] for cells in closed} <= {"404", "405"}

    def test_no_key_opens_a_row_of_another_account(self) -> None:
        """Security statement 34: two tenants, every address with a key."""
        keyed = [cells for (_, route), cells in ACCESS.items() if "<" in route and route not in WITHOUT_ROW]
        assert len(keyed) > 30
        assert {cells["stranger"] for cells in keyed} <= {"404", "405", "nothing"}

    @pytest.mark.parametrize("person", PEOPLE[3:])
    def test_every_role_opens_what_it_is_for(self, person: str) -> None:
        """Security statement 33: a matrix that refused everything would be no proof."""
        assert sum(cells[person] == "200" for (method, _), cells in ACCESS.items() if method == "get") >= 3


@pytest.fixture
def browser_of(
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    stranger: User,
    salesforce_admin: User,
    marketo_admin: User,
    ops: User,
) -> Callable[[str], Client]:
    """The browser of somebody by the name the table has for them; an error of ours is an answer, too: 500."""

    def find(person: str) -> Client:
        if person == "nobody":
            browser = client_of(make_user())
        elif person == "superuser":
            browser = client_of(User.objects.create_superuser("root@console.example"))
        else:
            browser = Client() if person == "anonymous" else client_of(request.getfixturevalue(person))
        browser.raise_request_exception = False
        return browser

    return find


@pytest.fixture
def paths(
    account: SalesAccount,
    admin: User,
    member: User,
    ops: User,
    marketo_connection: MarketoConnection,
    salesforce_connection: SalesforceConnection,
) -> dict[str, str]:
    """The address of each route; with keys of rows of the account, and with links that are good."""
    run, failed = make_run(account, RunStatus.PLANNING), make_run(account, RunStatus.FAILED)
    team = make_team(account)
    team.members.add(member.member)
    app = make_salesforce_app(account)
    access = MarketoAccess.objects.create(connection=marketo_connection, member=member.member, workspace_id=1)
    record_failure(account.pk, "/rest/v1/leads/describe.json", AccessDenied("marketo", "603"))
    failure = ApiFailure.objects.get()
    make_invitation(account, token_hash=hash_token("a-token"))
    link = make_help_link(account=account, by=admin, subject=f"failure:{failure.pk}")
    assert link
    own = Channel.objects.create(account=account, member=admin.member, kind=ChannelKind.EMAIL)
    keys = {
        **dict.fromkeys(["team", "team_rename", "team_add", "team_remove", "team_delete"], team.pk),
        **dict.fromkeys(["run", "cancel_run", "pause_run", "resume_run", "try_run_now"], run.pk),
        **dict.fromkeys(["sync_again", "rejected_rows", "undo_run", "people_of_run", "people_of_run_csv"], failed.pk),
        **dict.fromkeys(["approve_run", "check_run_again", "discard_run", "start_previewed_run"], failed.pk),
        **dict.fromkeys(["csv_mapping", "csv_report"], make_upload(admin).pk),
        **dict.fromkeys(["channel", "test_channel", "remove_channel"], mail_of(account).pk),
        **dict.fromkeys(["own_channel", "test_own", "remove_own"], own.pk),
        **dict.fromkeys(["remove", "second_factors"], member.member.pk),
        "revoke_token": _token_of(Owner(member=admin.member), admin),
        **dict.fromkeys(["revoke_ops_token", "revoke_of_ops_staff"], _token_of(Owner(user=ops), ops)),
        "retry_failure": failure.pk,
        "remove_marketo_access": access.pk,
        **dict.fromkeys(["salesforce_app", "check_salesforce_app", "remove_salesforce_app"], app.pk),
        **dict.fromkeys(["connect_salesforce_app", "make_salesforce_key"], app.pk),
        "salesforce_certificate": make_key(app, by=admin).pk,
        "ask": 6,
        "tick_item": "governance",
        "accept": "a-token",
        "person": 7001,
        "watched_person": (account.slug, 7001),
        "watched": account.slug,
        "promise": account.slug,
        "help": link[0].rstrip("/").rpartition("/")[2],
    }
    ours = [address for address in EVERY_ADDRESS if address.room in ROOMS]
    assert set(keys) == {address.name for address in ours if address.takes_key}
    given = {name: key if isinstance(key, tuple) else (key,) for name, key in keys.items()}
    return {address.route: address.path(*given.get(address.name, ())) for address in ours}


def _token_of(owner: Owner, by: User) -> int:
    return make_token(owner=owner, name="Grafana", scopes=[Scope.RUNS], days=90, made_by=by)[0].pk


@pytest.fixture
def form(account: SalesAccount, admin: User, member: User, paths: Mapping[str, str]) -> dict[str, Any]:
    """What is sent along: it names rows of the account wherever a view looks for some."""
    team = account.teams.get(is_everyone=False)
    ours = {"rows": [f"m{member.member.pk}"], "members": [member.member.pk], "receiver": admin.member.pk}
    return {"name": "Taken", "role": "admin", "team": team.pk, "subject": "item:api_secret", **ours}


@pytest.fixture
def _short_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand refusals are looked at for their status; that each person can read one is another test."""

    def answer(_request: HttpRequest, _template: str, _context: object = None, *, status: int) -> HttpResponse:
        return HttpResponse("refused", status=status)

    monkeypatch.setattr(errors, "render", answer)
    monkeypatch.setattr(middleware, "render", answer)


def everything() -> dict[str, list[object]]:
    """All rows of all rooms."""
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def answer_of(browser: Client, method: str, path: str, form: Mapping[str, Any]) -> str:
    answer = browser.get(path, {"email": "0"}) if method == "get" else getattr(browser, method)(path, form)
    is_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    return "login" if is_to_sign_in else str(answer.status_code)


def undone(browser: Client, method: str, path: str, form: Mapping[str, Any]) -> str:
    """The answer to what is allowed; afterwards all is as before."""
    with transaction.atomic():
        answer = answer_of(browser, method, path, form)
        transaction.set_rollback(True)
    return answer


@pytest.mark.usefixtures("_short_refusals")
@pytest.mark.parametrize("person", PEOPLE)
def test_access(browser_of: Callable[[str], Client], paths: dict[str, str], form: dict[str, Any], person: str) -> None:
    """Security statements 33 and 34: each person, each address; whoever is refused has changed nothing."""
    browser = browser_of(person)
    expected = {visit: cells[person] for visit, cells in ACCESS.items()}
    refused = [visit for visit, answer in expected.items() if answer in REFUSALS]
    before = everything()
    found = {(method, route): answer_of(browser, method, paths[route], form) for method, route in refused}
    assert everything() == before
    # Those last that make Salesforce forget the tokens, which nothing here undoes.
    allowed = sorted(set(expected) - set(refused), key=lambda visit: (visit[1].endswith("disconnect/"), visit))
    found |= {(method, route): undone(browser, method, paths[route], form) for method, route in allowed}
    assert found == {visit: "302" if answer == "nothing" else answer for visit, answer in expected.items()}


@pytest.mark.parametrize("person", PEOPLE)
def test_every_refusal_has_a_page(browser_of: Callable[[str], Client], paths: dict[str, str], person: str) -> None:
    """One of each kind that this person meets, with a way back and in the frame that is theirs."""
    browser = browser_of(person)
    met = {
        cells[person]: (its, route) for (its, route), cells in ACCESS.items() if cells[person] in {"403", "404", "405"}
    }
    assert met
    for status, (method, route) in met.items():
        page = getattr(browser, method)(paths[route])
        assert (str(page.status_code), page.templates[0].name) == (status, f"errors/{status}.html")
        assert 'class="btn btn-primary" href="/' in page.content.decode()


@pytest.mark.usefixtures("_short_refusals")
def test_nothing_is_written_but_by_post(
    browser_of: Callable[[str], Client], paths: dict[str, str], admin: User, instance: MarketoInstance
) -> None:
    """By somebody who may open everything."""
    make_marketo_admin(instance, admin.email)
    User.objects.filter(pk=admin.pk).update(is_superuser=True, is_ops_staff=True)
    browser = browser_of("admin")
    before = everything()
    for method in ("put", "patch", "delete"):
        found = {path: answer_of(browser, method, path, {}) for path in paths.values()}
        assert {path: answer for path, answer in found.items() if answer not in REFUSALS} == {}
    assert everything() == before


def is_asked(browser: Client, method: str, path: str, form: Mapping[str, Any]) -> bool:
    """Is the password asked for, at once or before a form is shown that is not kept meanwhile?"""
    answer = browser.get(path) if method == "get" else browser.post(path, form)
    if method == "post" and answer.headers.get("Location") == path:
        answer = browser.get(path)
    return answer.headers.get("Location", "").startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("person", ["admin", "marketo_admin", "superuser"])
def test_an_old_sign_in_gives_nobody_rights(
    browser_of: Callable[[str], Client], paths: dict[str, str], form: dict[str, Any], person: str
) -> None:
    """Security statement 37: a browser left open for 16 minutes reads, and changes nothing that gives rights."""
    somebody = User.objects.get(pk=browser_of(person).session["_auth_user_id"])
    browser = let_sign_in_age(let_in(Client(), with_password(somebody)))
    allowed = [(method, route) for (method, route), cells in ACCESS.items() if cells[person] not in REFUSALS]
    declared = {
        ("post", route)
        for route, path in paths.items()
        if getattr(resolve(path).func, "permission", None) in NEEDS_FRESH_SIGN_IN
    }
    asked = declared | {(method, route) for method, route in map(str.split, ALSO_ASKED.strip().splitlines())}
    before = everything()
    found = {one for one in asked & set(allowed) if is_asked(browser, one[0], paths[one[1]], form)}
    assert found == asked & set(allowed)
    assert everything() == before
    free = [one for one in allowed if one not in asked and not one[1].endswith("disconnect/")]
    assert [one for one in free if is_asked(browser, one[0], paths[one[1]], form)] == []


# Where no role counts: all else outside the rooms asks whoever is not signed in to sign in, or is not there.
OPEN_OUTSIDE_THE_ROOMS = {
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/readyz/workers",
    "/metrics",
    "/accounts/login/",
    "/accounts/salesforce/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/confirm-email/",
    r"/accounts/^confirm-email/(?P<key>[-:\w]+)/$",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "/accounts/password/reset/key/done/",
}


@pytest.mark.django_db
def test_outside_the_rooms_nothing_else_is_open_to_everybody(client: Client) -> None:
    outside = [address for address in EVERY_ADDRESS if address.room not in ROOMS]
    visits = [(method, address) for address in outside for method in ("get", "post")]
    found = {it.route for method, it in visits if answer_of(client, method, it.path(), {}) not in REFUSALS}
    assert found == OPEN_OUTSIDE_THE_ROOMS
