"""Telling whoever asked for steps 6 and 7 that they are done."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.urls import reverse

from accounts.models import Occurrence, SalesAccount
from accounts.occurrences import begin
from invitations.asked import askers_of
from salesforce_package.events import STEPS_DONE
from salesforce_package.state import PackageState, package_state


@contextmanager
def telling_who_asked(account: SalesAccount) -> Iterator[None]:
    """Around whatever may do the last of it; in its transaction."""
    was_done = package_state(account).is_done
    yield
    now = package_state(account)
    if now.is_done and not was_done:
        _tell(account, now)


def _tell(account: SalesAccount, state: PackageState) -> None:
    """Once for each org: what breaks and is mended later is told otherwise."""
    org_id = state.connection.org_id if state.connection else ""
    for asker in askers_of(account, (6, 7)):
        subject = f"{org_id} {asker.pk}"
        if not Occurrence.objects.for_account(account).filter(event=STEPS_DONE.key, subject=subject).exists():
            begin(STEPS_DONE, account=account, subject=subject, link=reverse("guide:setup"), concerned=asker)
