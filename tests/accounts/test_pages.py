"""My Profile, Team Management, the language switch and the pages for signing in."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import Settings

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, SalesAccount, Team, User
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_team, make_user, with_password
from tests.pages import source_of, text_of
from tests.signing_in import sign_in

TEAMS = "/settings/admin/teams/"
PROFILE = "/settings/profile/"


@pytest.fixture
def team(account: SalesAccount) -> Team:
    return make_team(account)


class TestAccess:
    @pytest.fixture
    def addresses(self, team: Team) -> dict[str, str]:
        """Every address for admins, with the method it takes."""
        row = f"{TEAMS}{team.pk}/"
        return {TEAMS: "get", row: "get"} | {f"{row}{what}/": "post" for what in ("rename", "add", "remove", "delete")}

    def test_people_without_an_account_find_nothing(
        self, addresses: dict[str, str], ops: User, client_of: ClientOf
    ) -> None:
        answers = [getattr(client_of(ops), method)(path) for path, method in addresses.items()]
        assert {answer.status_code for answer in answers} == {404}
        for answer in answers:
            assert "you are not in a Sales account yet" in text_of(answer)
            assert '<a class="btn btn-primary" href="/ops/">Sync operations</a>' in text_of(answer)

    def test_strangers_find_no_team_of_ours(self, team: Team, stranger: User, client_of: ClientOf) -> None:
        """Security statement 34: two tenants, and no team of one in the list of the other."""
        assert team.name not in text_of(client_of(stranger).get(TEAMS))


class TestTeamManagement:
    def test_a_team_is_created_filled_and_removed(self, browser: Client, member: User) -> None:
        page = browser.post(TEAMS, {"name": "North"}, follow=True)
        team = Team.objects.get(name="North")
        assert "Nobody is in this team yet" in text_of(page)
        browser.post(f"{TEAMS}{team.pk}/add/", {"members": [member.member.pk]})
        assert list(team.members.all()) == [member.member]
        browser.post(f"{TEAMS}{team.pk}/remove/", {"members": [member.member.pk]})
        assert not team.members.exists()
        browser.post(f"{TEAMS}{team.pk}/delete/")
        assert not Team.objects.filter(name="North").exists()
        assert [event.action for event in AuditEvent.objects.order_by("pk")] == [
            AccountAction.TEAM_CREATED,
            AccountAction.TEAM_MEMBERS_ADDED,
            AccountAction.TEAM_MEMBERS_REMOVED,
            AccountAction.TEAM_REMOVED,
        ]

    def test_a_name_in_use_is_explained(self, browser: Client, team: Team) -> None:
        answer = browser.post(TEAMS, {"name": "north"})
        assert answer.status_code == 400
        assert "There is already a team called north" in text_of(answer)

    def test_a_name_that_is_too_long_is_explained_and_not_cut(self, browser: Client) -> None:
        assert "maxlength" not in text_of(browser.get(TEAMS))
        page = text_of(browser.post(TEAMS, {"name": "x" * 101}))
        assert "at most 100 characters (it has 101)" in page
        assert "x" * 101 in page

    def test_a_team_is_renamed(self, browser: Client, team: Team) -> None:
        page = browser.post(f"{TEAMS}{team.pk}/rename/", {"name": "north"}, follow=True)
        assert "The team is now called north" in text_of(page)
        assert AuditEvent.objects.get().details == {"name": "north"}

    @pytest.mark.parametrize("name", ["EVERYONE", "South", ""])
    def test_a_name_in_use_is_refused_when_renaming(
        self, browser: Client, account: SalesAccount, team: Team, name: str
    ) -> None:
        make_team(account, "south")
        assert browser.post(f"{TEAMS}{team.pk}/rename/", {"name": name}).status_code == 400
        team.refresh_from_db()
        assert team.name == "North"

    def test_everyone_keeps_its_name(self, browser: Client, account: SalesAccount) -> None:
        everyone = account.teams.get(is_everyone=True)
        answer = browser.post(f"{TEAMS}{everyone.pk}/rename/", {"name": "All"})
        assert "The team Everyone keeps its name" in text_of(answer)

    def test_many_are_taken_out_at_once(
        self, browser: Client, team: Team, admin: User, member: User, salesforce_admin: User
    ) -> None:
        team.members.set([admin.member, member.member, salesforce_admin.member])
        browser.post(f"{TEAMS}{team.pk}/remove/", {"members": [member.member.pk, admin.member.pk]})
        assert list(team.members.all()) == [salesforce_admin.member]

    @pytest.mark.parametrize("change", ["add", "remove"])
    def test_nobody_ticked_says_what_to_do(self, browser: Client, team: Team, member: User, change: str) -> None:
        answer = browser.post(f"{TEAMS}{team.pk}/{change}/", {})
        assert answer.status_code == 400
        assert "Nobody was ticked" in text_of(answer)

    def test_people_of_another_account_cannot_be_added(self, browser: Client, team: Team, stranger: User) -> None:
        answer = browser.post(f"{TEAMS}{team.pk}/add/", {"members": [stranger.member.pk]})
        assert answer.status_code == 400
        assert not team.members.exists()

    def test_nobody_leaves_everyone(self, browser: Client, account: SalesAccount, member: User) -> None:
        everyone = account.teams.get(is_everyone=True)
        page = browser.post(f"{TEAMS}{everyone.pk}/remove/", {"members": [member.member.pk]}, follow=True)
        assert "Every member belongs to the team Everyone" in text_of(page)


class TestProfile:
    def test_name_language_and_time_zone_are_saved(self, browser: Client, admin: User) -> None:
        form = {"name": "Åsa Ek", "language": "sv", "time_zone": "Europe/Stockholm", "email": "x@y.example"}
        assert browser.post(PROFILE, form).status_code == 302
        saved = User.objects.get(pk=admin.pk)
        assert (saved.name, saved.language, saved.time_zone) == ("Åsa Ek", "sv", "Europe/Stockholm")
        assert saved.email == admin.email
        assert '<html lang="sv">' in text_of(browser.get(PROFILE))

    def test_an_invented_time_zone_is_refused(self, browser: Client) -> None:
        form = {"name": "A", "language": "en", "time_zone": "Mars/Base"}
        assert browser.post(PROFILE, form).status_code == 400

    def test_a_place_is_offered_by_its_present_name(self, browser: Client) -> None:
        page = text_of(browser.get(PROFILE))
        for zone in ("UTC", "Europe/Stockholm", "Africa/Asmara", "Asia/Kolkata"):
            assert f'value="{zone}"' in page
        assert not re.search(r'value="(Africa/Asmera|Asia/Calcutta|US/Eastern|Etc/GMT)', page)

    def test_people_without_an_account_have_one_too(self, ops: User, client_of: ClientOf) -> None:
        page = text_of(client_of(ops).get(PROFILE))
        for address in ("/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"):
            assert f'href="{address}"' in page

    def test_it_says_how_one_signs_in(self, admin: User) -> None:
        browser = Client()
        sign_in(browser, with_password(admin).email)
        page = text_of(browser.get(PROFILE))
        for fact in ("You have one.", "Not linked.", "Off. A code from your phone", "Signed in on 1 device."):
            assert fact in page


class TestLanguage:
    def test_it_is_kept_for_the_browser_and_the_user(self, browser: Client, admin: User) -> None:
        answer = browser.post("/language/", {"language": "sv", "next": TEAMS})
        assert answer["Location"] == TEAMS
        admin.refresh_from_db()
        assert admin.language == "sv"
        assert '<html lang="sv">' in text_of(browser.get(TEAMS))

    def test_before_signing_in(self, client: Client, db: None) -> None:
        client.post("/language/", {"language": "sv", "next": "/accounts/login/"})
        assert '<html lang="sv">' in text_of(client.get("/accounts/login/"))

    @pytest.mark.parametrize(
        "target", ["//evil.example", "https://evil.example/", "https:evil.example", "\\\\evil.example", "/\\evil", ""]
    )
    def test_it_leads_nowhere_else(self, client: Client, target: str, db: None) -> None:
        """Security statement 14: the language switch stays on our host."""
        assert client.post("/language/", {"language": "sv", "next": target})["Location"] == "/"

    def test_only_languages_we_speak(self, client: Client, db: None) -> None:
        assert client.post("/language/", {"language": "xx"}).status_code == 400

    def test_a_link_cannot_switch_it(self, client: Client, db: None) -> None:
        assert client.get("/language/", {"language": "sv"}).status_code == 405


class TestSigningIn:
    @pytest.fixture
    def person(self, db: None) -> User:
        return make_user("nora@acme.example", password=PASSWORD)

    def test_with_the_password(self, person: User, client: Client) -> None:
        answer = sign_in(client, person.email, next=PROFILE)
        assert answer["Location"] == PROFILE
        assert person.email in text_of(client.get(PROFILE))

    def test_a_link_that_was_used_leads_to_a_new_one(self, client: Client, db: None) -> None:
        page = text_of(client.get("/accounts/password/reset/key/x-y/"))
        assert "This link cannot be used" in page
        assert 'href="/accounts/password/reset/">Get a new link</a>' in page

    def test_nobody_signs_up_uninvited(self, client: Client, db: None) -> None:
        form = {"email": "new@acme.example", "password1": PASSWORD, "password2": PASSWORD}
        page = client.post("/accounts/signup/", form)
        assert "By invitation only" in text_of(page)
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "address", ["login/", "password/reset/", "password/reset/done/", "password/reset/key/x-y/", "signup/"]
    )
    def test_pages_for_everybody_look_like_the_console(self, client: Client, address: str, db: None) -> None:
        assert_is_ours(client.get(f"/accounts/{address}"))

    @pytest.mark.parametrize(
        "address",
        ["logout/", "password/change/", "reauthenticate/", "2fa/", "2fa/totp/activate/", "sessions/"],
    )
    def test_pages_for_signed_in_people_look_like_the_console(self, person: User, client: Client, address: str) -> None:
        sign_in(client, person.email)
        assert_is_ours(client.get(f"/accounts/{address}", follow=True))

    def test_the_code_to_scan_has_a_light_ground(self, person: User, client: Client) -> None:
        """Black on a dark page is read by no phone."""
        sign_in(client, person.email)
        assert 'class="qr"' in text_of(client.get("/accounts/2fa/totp/activate/"))

    def test_pages_about_signing_in_belong_to_the_profile(self, browser: Client) -> None:
        for address in ("/accounts/sessions/", "/accounts/2fa/"):
            page = source_of(browser.get(address))
            assert re.findall(r'<a class="settings__page" href="([^"]*)" aria-current="page">', page) == [PROFILE] * 2

    def test_nobody_changes_their_address(self, person: User, client: Client) -> None:
        sign_in(client, person.email)
        answer = client.post("/accounts/email/", {"email": "other@acme.example", "action_add": ""})
        assert answer.status_code == 404
        assert [address.email for address in EmailAddress.objects.filter(user=person)] == [person.email]


def assert_is_ours(answer: object) -> None:
    page = text_of(answer)
    assert "css/console.css" in page
    headings = re.findall(r"<h1[^>]*>(.*?)</h1>", page)
    assert len(headings) == 1
    assert headings[0].strip()
    [title] = re.findall(r"<title>(.*?)</title>", page)
    assert title.strip() == f"{headings[0].strip()} · Sales Insight Actions"
    for field in re.findall(r'<input[^>]*type="(?:text|email|password)"[^>]*>', page):
        assert "form-control" in field


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("(Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0", "Firefox on Windows"),
        ("(Windows NT 10.0; Win64; x64) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0", "Edge on Windows"),
        ("(iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1", "Safari on iOS"),
        ("(Linux; Android 10; K) Chrome/143.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
    ],
)
def test_devices_are_named_in_words(admin: User, user_agent: str, device: str) -> None:
    browser = Client(headers={"User-Agent": user_agent})
    sign_in(browser, with_password(admin).email)
    assert f"<b>{device}</b>" in text_of(browser.get("/accounts/sessions/"))


@pytest.mark.django_db
def test_only_the_demo_says_where_its_mails_are(client: Client, settings: Settings) -> None:
    assert "mailbox" not in text_of(client.get("/accounts/login/"))
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:8001"
    assert 'href="http://127.0.0.1:8001/_sandbox/mailbox/"' in text_of(client.get("/accounts/login/"))
