"""Invitations that were settled long ago are not kept."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import SalesAccount
from invitations import tasks
from invitations.models import Invitation
from tests.factories import make_invitation


def test_what_was_settled_long_ago_is_not_kept(account: SalesAccount) -> None:
    long_ago = timezone.now() - timedelta(days=401)
    make_invitation(account, "new@acme.example")
    make_invitation(account, "accepted@acme.example", accepted_at=timezone.now() - timedelta(days=399))
    for column in ("accepted_at", "revoked_at", "expires_at"):
        make_invitation(account, f"{column}@acme.example", **{column: long_ago})
    tasks.delete_outdated_invitations()
    assert set(Invitation.objects.values_list("email", flat=True)) == {"new@acme.example", "accepted@acme.example"}
