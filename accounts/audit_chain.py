"""The audit trail as a chain: every entry holds the hash of the one before it in its account, and none can be changed.

The database does both, by triggers that the migrations of the table make, so that no code of ours can forget it.
Whoever may switch them off can still rewrite entries, but not without breaking the chain, or ending it on another hash
than `manage.py verify_audit_trail` printed, and than is noted every night.

The oldest entries go when their time is over. An entry behind them says so and names the hash of the last one that
went (accounts.retention): what is left begins there.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import connection, transaction

from accounts.audit_actions import AccountAction
from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.models import AuditAnchor, Occurrence
from accounts.occurrences import begin, end

logger = structlog.get_logger(__name__)

BROKEN = """
SELECT links.id, coalesce(account.slug, '') FROM (
  SELECT event.id, event.account_id, event.previous_hash, event.hash,
         audit_event_hash(event.previous_hash, event) AS computed,
         lag(event.hash) OVER (PARTITION BY event.account_id ORDER BY event.id) AS before
  FROM accounts_auditevent event) links
LEFT JOIN accounts_salesaccount account ON account.id = links.account_id
WHERE links.hash <> computed OR previous_hash <> coalesce(before, '') AND (before IS NOT NULL OR NOT EXISTS (
  SELECT FROM accounts_auditevent trimming
  WHERE trimming.account_id IS NOT DISTINCT FROM links.account_id AND trimming.action = %s
    AND trimming.details ->> 'last_hash' = links.previous_hash))
ORDER BY 1
"""
ENDS = """
SELECT coalesce(account.slug, ''), count(*), (array_agg(event.hash ORDER BY event.id DESC))[1],
       max(event.id), account.id
FROM accounts_auditevent event LEFT JOIN accounts_salesaccount account ON account.id = event.account_id
GROUP BY account.slug, account.id ORDER BY 1
"""
# Where a chain once ended there is that entry still, or a later one tells that it went with its time.
MISSING = """
SELECT coalesce(account.slug, ''), anchor.entries, anchor.last_hash, anchor.entry_id, account.id
FROM accounts_auditanchor anchor LEFT JOIN accounts_salesaccount account ON account.id = anchor.account_id
WHERE NOT EXISTS (
  SELECT FROM accounts_auditevent event
  WHERE event.account_id IS NOT DISTINCT FROM anchor.account_id
    AND (event.id = anchor.entry_id AND event.hash = anchor.last_hash
         OR event.id > anchor.entry_id AND event.action = %s
            AND (event.details ->> 'last_entry')::bigint >= anchor.entry_id))
ORDER BY 1
"""


@dataclass(frozen=True)
class ChainEnd:
    """The newest entry of an account's chain; `slug` is empty for what belongs to no account."""

    slug: str
    entries: int
    last_hash: str
    entry_id: int
    account_id: int | None


def broken_entries() -> list[int]:
    """
    Ids of the entries that were changed, or before which something was taken out that no entry tells of; empty when
    all is well.
    """
    return [entry for entry, _slug in _broken()]


def _broken() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(BROKEN, [AccountAction.AUDIT_TRIMMED])
        return [(entry, slug) for entry, slug in cursor.fetchall()]


def chain_ends() -> list[ChainEnd]:
    """Where every chain ends: kept elsewhere, it shows later whether the newest entries were taken away."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS)
        return [ChainEnd(*row) for row in cursor.fetchall()]


def missing_ends() -> list[ChainEnd]:
    """Where chains ended that do not lead there any more: their newest entries, or all of them, were taken away."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [AccountAction.AUDIT_TRIMMED])
        return [ChainEnd(*row) for row in cursor.fetchall()]


def watch_audit_trail() -> None:
    """
    Record which chains are broken, or whole again; and note where the whole ones end, in the database and in the log.

    Whoever can change the database can change the notes in it too, but not a log that was sent elsewhere.
    """
    damaged = Counter([slug for _entry, slug in _broken()] + [one.slug for one in missing_ends()])
    for slug, entries in damaged.items():
        begin(AUDIT_CHAIN_BROKEN, account=None, subject=slug, entries=entries)
    told = Occurrence.objects.going_on().filter(event=AUDIT_CHAIN_BROKEN.key).values_list("subject", flat=True)
    for slug in set(told) - set(damaged):
        end(AUDIT_CHAIN_BROKEN, account=None, subject=slug)
    for one in chain_ends():
        if one.slug in damaged:
            continue
        noted = {"entry_id": one.entry_id, "last_hash": one.last_hash, "entries": one.entries}
        AuditAnchor.objects.update_or_create(account_id=one.account_id, defaults=noted)
        logger.info("audit_chain_end", account=one.slug, entries=one.entries, last_hash=one.last_hash)


@contextmanager
def entries_may_go() -> Iterator[None]:
    """A transaction in which the database lets entries be deleted."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL msi.audit_entries_may_go = 'yes'")
        yield
        cursor.execute("SET LOCAL msi.audit_entries_may_go = 'no'")
