"""Tokens that will soon open nothing, for those who must make new ones: it begins here, or is over."""

from collections.abc import Iterable
from datetime import timedelta
from math import ceil

from django.urls import reverse
from django.utils import timezone

from accounts.models import Occurrence
from accounts.occurrences import begin, end, end_all_but
from api.events import TOKEN_EXPIRES
from api.models import ApiToken

WARNED_BEFORE = timedelta(days=7)


def watch_tokens() -> None:
    """Tell of tokens in use that are about to expire, and end what is over."""
    end_all_but(TOKEN_EXPIRES, lambda: {(token.account_id or 0, str(token.pk)) for token in _tell(of_ops=False)})
    going_on = {str(token.pk) for token in _tell(of_ops=True)}
    for occurrence in Occurrence.objects.going_on().filter(event=TOKEN_EXPIRES.key, account=None):
        if occurrence.subject not in going_on:
            end(TOKEN_EXPIRES, account=None, subject=occurrence.subject)


def _tell(*, of_ops: bool) -> Iterable[ApiToken]:
    now = timezone.now()
    in_use = ApiToken.objects.filter(account__isnull=of_ops, last_used_at__isnull=False)
    expiring = in_use.filter(expires_at__gt=now, expires_at__lte=now + WARNED_BEFORE).with_owner()
    # What opens nothing any more is missed by no program when it expires.
    found = [token for token in expiring if token.is_backed]
    for token in found:
        begin(
            TOKEN_EXPIRES,
            account=token.account,
            subject=str(token.pk),
            # For those of ops staff all are told: the page says whose it is.
            link=reverse("accounts:operators" if of_ops else "api:tokens"),
            concerned=token.owner,
            token=f"{token.name} {token.begins_with}",
            days=ceil((token.expires_at - now) / timedelta(days=1)),
        )
    return found
