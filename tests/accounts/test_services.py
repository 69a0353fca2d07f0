"""Roles and teams."""

from contextlib import suppress

import pytest

from accounts import services
from accounts.models import AuditEvent, Member, Role, SalesAccount, User
from tests.factories import make_member
from tests.threads import at_once


def test_a_changed_role_is_audited_with_before_and_after(admin: User, member: User) -> None:
    services.change_role(member=member.member, role=Role.ADMIN, changed_by=admin)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target) == ("role_changed", admin, member.email)
    assert event.details == {"before": "user", "after": "admin"}


def test_the_last_admin_cannot_be_demoted(admin: User) -> None:
    """Security statement 36: the account keeps somebody who can manage it."""
    with pytest.raises(services.RefusedError, match="last admin"):
        services.change_role(member=admin.member, role=Role.USER, changed_by=admin)
    assert Member.objects.get().role == Role.ADMIN


def test_an_admin_who_cannot_sign_in_does_not_count(account: SalesAccount, admin: User) -> None:
    gone = make_member(account, "gone@acme.example", Role.ADMIN).user
    User.objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(services.RefusedError, match="last admin"):
        services.change_role(member=admin.member, role=Role.USER, changed_by=admin)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one(account: SalesAccount, admin: User) -> None:
    """Security statement 36: also in a race."""
    second = make_member(account, "second@acme.example", Role.ADMIN).user
    pairs = [(admin.member, second), (second.member, admin)]

    def demote(number: int) -> None:
        member, by = pairs[number]
        with suppress(services.RefusedError):
            services.change_role(member=member, role=Role.USER, changed_by=by)

    at_once(2, demote)
    assert Member.objects.filter(role=Role.ADMIN).count() == 1


def test_the_last_admin_cannot_be_removed(account: SalesAccount, admin: User, member: User) -> None:
    SalesAccount.objects.update(original_user=member)
    admin.member.refresh_from_db()
    with pytest.raises(services.RefusedError, match="last admin"):
        services.remove_member(member=admin.member, removed_by=member, receiver=member.member)


def test_teams_end_at_the_limit(account: SalesAccount, admin: User) -> None:
    for number in range(services.MAX_TEAMS):
        services.create_team(account=account, name=f"Team {number}", created_by=admin)
    with pytest.raises(services.RefusedError, match="can have 20 teams"):
        services.create_team(account=account, name="One more", created_by=admin)


@pytest.mark.django_db(transaction=True)
def test_the_last_team_is_created_once(account: SalesAccount, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_TEAMS", 1)

    def create(number: int) -> bool:
        try:
            services.create_team(account=account, name=f"Team {number}", created_by=admin)
        except services.RefusedError:
            return False
        return True

    assert sorted(at_once(4, create)) == [False, False, False, True]
    assert account.teams.filter(is_everyone=False).count() == 1


def test_a_team_name_is_used_once(account: SalesAccount, admin: User) -> None:
    services.create_team(account=account, name="North", created_by=admin)
    with pytest.raises(services.RefusedError, match="already a team called NORTH"):
        services.create_team(account=account, name="NORTH", created_by=admin)


def test_members_of_another_account_stay_out(account: SalesAccount, admin: User, stranger: User) -> None:
    team = services.create_team(account=account, name="North", created_by=admin)
    services.add_to_team(team=team, members=[admin.member, stranger.member], added_by=admin)
    assert list(team.members.all()) == [admin.member]


def test_everyone_keeps_everybody(account: SalesAccount, admin: User, member: User) -> None:
    everyone = account.teams.get(is_everyone=True)
    with pytest.raises(services.RefusedError):
        services.remove_from_team(team=everyone, members=[member.member], removed_by=admin)
    with pytest.raises(services.RefusedError):
        services.remove_team(team=everyone, removed_by=admin)
    assert everyone.members.count() == 2
