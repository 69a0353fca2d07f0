"""Forms with as many ticks as a long list has lines."""

from typing import Any

from django.test import Client

from accounts.forms import TeamMembersForm
from accounts.models import Member, SalesAccount, Team, User
from accounts.querysets import MemberQuerySet
from tests.factories import make_team


def test_eleven_hundred_ticks_are_taken(browser: Client, account: SalesAccount) -> None:
    team = make_team(account)
    answer = browser.post(f"/settings/admin/teams/{team.pk}/add/", {"members": [str(n) for n in range(1, 1_101)]})
    assert answer.status_code != 400 or b"not one of the available choices" in answer.content
    rows = [f"m{n}" for n in range(1, 1_101)] + [f"m{team.account.members.get().pk}"]
    answer = browser.post("/settings/admin/users/selected/team/", {"rows": rows, "team": team.pk}, follow=True)
    assert answer.status_code == 200
    assert Team.objects.get(pk=team.pk).members.count() == 1


def test_what_was_ticked_is_looked_up_at_once(account: SalesAccount, member: User) -> None:
    """Django makes a query of each of the values, of which there may be thousands."""
    filters = 0

    class Counting(MemberQuerySet):
        def filter(self, *args: Any, **options: Any) -> Any:
            nonlocal filters
            filters += 1
            return super().filter(*args, **options)

    members = Counting(Member).for_account(account)
    filters = 0
    form = TeamMembersForm({"members": [str(member.member.pk), "7" * 30, *map(str, range(1, 500))]}, members=members)
    assert "not one of the available choices" in str(form.errors["members"])
    assert filters < 5
    form = TeamMembersForm({"members": [str(member.member.pk)]}, members=members)
    assert form.is_valid()
    assert list(form.cleaned_data["members"]) == [member.member]
