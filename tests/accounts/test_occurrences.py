"""What must be told is recorded once as long as it goes on, and rolls back with what made it happen."""

import pytest
from django.db import transaction
from django.utils import timezone, translation

from accounts.audit_actions import AccountAction
from accounts.events import AUDIT_CHAIN_BROKEN, NEW_ADMIN
from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.occurrences import begin, end, end_all_but
from accounts.permissions import Permission, Role
from accounts.services import record
from accounts.tasks import verify_audit_trail
from common.events import UNKNOWN, Event, all_events, declare, sentences
from members.services import change_role
from tests.accounts.test_audit_chain import tamper
from tests.addresses import ROOMS
from tests.factories import make_member

FIRE = Event(
    "accounts.fire",
    label="A fire",
    describe=sentences(what="{rooms} rooms of {floor} burn.", todo="Leave.", who="Everybody"),
    permission=Permission.MANAGE_ACCOUNT,
    ends="when it is out",
    over="The fire is out.",
    over_by={"rain": "Rain put it out, with {rooms} rooms."},
)


def test_it_goes_on_once_until_it_ends(account: SalesAccount) -> None:
    for floor in ("one", "two", "one"):
        begin(FIRE, account=account, subject=floor, floor=floor)
    assert Occurrence.objects.going_on().count() == 2
    end(FIRE, account=account, subject="one")
    assert [fire.subject for fire in Occurrence.objects.going_on()] == ["two"]
    begin(FIRE, account=account, subject="one")
    begin(FIRE, account=None)
    end_all_but(FIRE, lambda: {(account.pk, "one")})
    assert [fire.subject for fire in Occurrence.objects.going_on().exclude(account=None)] == ["one"]
    end(FIRE, account=account)
    assert not Occurrence.objects.for_account(account).going_on().exists()
    assert Occurrence.objects.for_account(account).untold().count() == 3


def test_its_details_are_those_of_the_last_time(account: SalesAccount) -> None:
    for rooms, link in ((1, "/one/"), (2, "/two/")):
        begin(FIRE, account=account, rooms=rooms, link=link)
    fire = Occurrence.objects.get()
    assert (fire.details, fire.link) == ({"rooms": 2}, "/two/")


def test_how_it_ended_is_kept_with_it(account: SalesAccount) -> None:
    begin(FIRE, account=account, rooms=2)
    end(FIRE, account=account, how="rain")
    end(FIRE, account=account, how="nobody")
    assert Occurrence.objects.get().details == {"rooms": 2, "how": "rain"}
    assert [FIRE.ending({"how": how, "rooms": 2}) for how in ("rain", "of another version")] == [
        "Rain put it out, with 2 rooms.",
        "The fire is out.",
    ]


def test_what_begins_while_somebody_looks_goes_on(account: SalesAccount) -> None:
    def look() -> set[tuple[int, str]]:
        begin(FIRE, account=account, subject="new")
        return set()

    begin(FIRE, account=account, subject="old")
    end_all_but(FIRE, look)
    assert [fire.subject for fire in Occurrence.objects.going_on()] == ["new"]


def test_what_is_the_operators_goes_on_once_too(db: None) -> None:
    begin(FIRE, account=None)
    begin(FIRE, account=None)
    assert Occurrence.objects.get().account is None


def test_it_is_not_recorded_when_what_made_it_happen_did_not(account: SalesAccount) -> None:
    with transaction.atomic():
        begin(FIRE, account=account)
        transaction.set_rollback(True)
    assert not Occurrence.objects.exists()


def test_a_count_is_written_as_its_reader_writes_it() -> None:
    with translation.override("sv"):
        assert FIRE.describe({"rooms": 1204, "floor": "1204"}).what == "1\xa0204 rooms of 1204 burn."


def test_what_an_older_version_did_not_record_keeps_nobody_from_the_rest() -> None:
    assert FIRE.describe({"rooms": 3}).what == "3 rooms of […] burn."


@pytest.mark.parametrize("event", all_events(), ids=lambda event: event.key)
@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_event_can_be_told(event: Event, language: str) -> None:
    assert event.key.partition(".")[0] in ROOMS | {"notifications"}
    assert event.permission in set(Permission)
    with translation.override(language):
        message = event.describe(event.example)
        overs = "".join(event.ending({**event.example, "how": how}) for how in ["", *event.over_by])
    assert all([message.what, message.todo, str(event.label)])
    # Of news without an end nobody has to do anything.
    assert message.who or not event.ends
    text = f"{message.what}{message.todo}{message.who}{event.ends}{overs}"
    assert "{" not in text
    assert UNKNOWN not in text
    assert bool(event.ends) == bool(event.over)
    assert event.over or not event.over_by


def test_an_event_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"accounts\.new_admin is declared twice"):
        declare(NEW_ADMIN)


def test_whoever_manages_users_hears_of_a_new_admin(account: SalesAccount, admin: User) -> None:
    assert not Occurrence.objects.exists()  # of the first one nobody else is there to hear
    make_member(account, role=Role.USER)
    changed = make_member(account)
    change_role(member=changed, role=Role.ADMIN, changed_by=admin)
    told = Occurrence.objects.filter(event=NEW_ADMIN.key)
    told.update(begin_told_at=timezone.now())
    for _ in range(2):  # of both at once: each was a mail to each Admin for each
        make_member(account, role=Role.ADMIN)
    assert [(one.account, one.link, bool(one.ended_at)) for one in told] == [
        (account, "/settings/admin/users/", True)
    ] * 2
    assert [(one.concerned, one.details) for one in told.order_by("pk")] == [
        (changed.user, {"admins": 1}),
        (None, {"admins": 2}),
    ]


def test_a_changed_audit_trail_is_told_until_it_is_whole(account: SalesAccount, admin: User) -> None:
    record(account=account, actor=admin, action=AccountAction.TEAM_CREATED, target="North")
    verify_audit_trail()
    assert not Occurrence.objects.exists()
    pk = AuditEvent.objects.get().pk
    tamper("UPDATE accounts_auditevent SET target = 'South' WHERE id = %s", pk)
    verify_audit_trail()
    broken = Occurrence.objects.going_on().get(event=AUDIT_CHAIN_BROKEN.key)
    assert broken.details == {"entries": 1}
    tamper("UPDATE accounts_auditevent SET target = 'North' WHERE id = %s", pk)
    verify_audit_trail()
    assert not Occurrence.objects.going_on().exists()
