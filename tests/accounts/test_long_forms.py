"""Forms with as many ticks as a long list has lines."""

from django.test import Client

from accounts.models import SalesAccount, Team
from tests.factories import make_team


def test_eleven_hundred_ticks_are_taken(browser: Client, account: SalesAccount) -> None:
    team = make_team(account)
    answer = browser.post(f"/settings/admin/teams/{team.pk}/add/", {"members": [str(n) for n in range(1, 1_101)]})
    assert answer.status_code != 400 or b"not one of the available choices" in answer.content
    rows = [f"m{n}" for n in range(1, 1_101)] + [f"m{team.account.members.get().pk}"]
    answer = browser.post("/settings/admin/users/selected/team/", {"rows": rows, "team": team.pk}, follow=True)
    assert answer.status_code == 200
    assert Team.objects.get(pk=team.pk).members.count() == 1
