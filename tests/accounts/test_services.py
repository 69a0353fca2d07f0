"""Teams."""

import pytest
from pytest_django import Settings

from accounts import services
from accounts.models import SalesAccount, User
from tests.threads import at_once


def test_teams_end_at_the_limit(account: SalesAccount, admin: User, settings: Settings) -> None:
    for number in range(settings.TEAMS_PER_ACCOUNT):
        services.create_team(account=account, name=f"Team {number}", created_by=admin)
    with pytest.raises(services.RefusedError, match="can have 20 teams"):
        services.create_team(account=account, name="One more", created_by=admin)


@pytest.mark.django_db(transaction=True)
def test_the_last_team_is_created_once(account: SalesAccount, admin: User, settings: Settings) -> None:
    settings.TEAMS_PER_ACCOUNT = 1

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
